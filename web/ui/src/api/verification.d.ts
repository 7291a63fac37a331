// Made by `npm run api` from web/api/verification.json; never edited by hand.
// document 0b0e608dc1da59abaaf1a7e6ec1800e5e42e131c5502c2b5c01a2d71f7e897f1
// types ca36fef981ff30b84cd9e91b5d7fc5b972253cde3546209063d36725373352e8

export interface paths {
    "/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Audit Trail
         * @description The audit trail of this service, the oldest row first; audited itself (R100).
         */
        get: operations["audit_trail_audit_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Letters
         * @description Dead letters, then messages that wait; nothing of what they hold.
         */
        get: operations["list_letters_dead_letters_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dead-letters/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Discard Letters
         * @description Put messages away for good, for a reason; audited. What waits behind them goes on.
         */
        post: operations["discard_letters_dead_letters_discard_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dead-letters/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay Letters
         * @description Try messages again, each key's in its order; audited. A second time finds them gone.
         */
        post: operations["replay_letters_dead_letters_replay_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dead-letters/{message_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Letter
         * @description One message with its headers, and nothing of what is sealed in it; audited (R100).
         */
        get: operations["show_letter_dead_letters__message_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dead-letters/{message_id}/open": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open Letter
         * @description What is sealed for this service in a message, for a reason; audited (R100).
         */
        post: operations["open_letter_dead_letters__message_id__open_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/departments/answers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take Answers
         * @description Take a department's answers and say of each what became of it (R73, R92); audited.
         *
         *     Each is bound, signed and sealed as on the department's topic, and checked as there. Posting the
         *     same again changes nothing and is answered the same.
         */
        post: operations["take_answers_departments_answers_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/departments/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open Requests
         * @description The open requests of the department that asks, sealed to its key (R92); audited.
         *
         *     ``packet`` is made as any packet across the border: a JWS by the department's signing key in a
         *     JWE to this service, with the payload ``{"asks": "requests"}``, not older than ten minutes.
         */
        post: operations["open_requests_departments_requests_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Health
         * @description The process runs.
         */
        get: operations["health_health_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/items/{subject_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Item
         * @description The newest version of one record beside baseline, card, kinds and digests of its papers, what
         *     departments and terminals say, and earlier versions; audited, with `ahead` as what a page
         *     fetched before its reader came to it.
         */
        get: operations["get_item_items__subject_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/items/{subject_id}/claim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look
         * @description Say that the caller looks at the record, or still does; the answer says whose it is.
         *
         *     It ends by itself, with the decision, or when the caller leaves. It keeps nobody from deciding:
         *     of two decisions the first stands. With `take_over` the caller takes it from another.
         */
        post: operations["look_items__subject_id__claim_post"];
        /**
         * Leave
         * @description The caller looks at the record no longer; what another took over stays theirs.
         */
        delete: operations["leave_items__subject_id__claim_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/items/{subject_id}/{version}/return": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send Back
         * @description Send one version back to the desk with reasons; it comes back as a new version (R70).
         */
        post: operations["send_back_items__subject_id___version__return_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/items/{subject_id}/{version}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verify
         * @description Confirm one version: the digest is that of the very content the reviewer saw.
         *
         *     Before the mandatory answers are there the version is *passed* and becomes verified with the
         *     last of them. In spite of an answer that contradicts, or of a mandatory one that confirms
         *     nothing, it is verified only with `despite`.
         */
        post: operations["verify_items__subject_id___version__verify_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ledger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Ledger
         * @description How many people collected in each village are submitted, returned, verified.
         */
        get: operations["get_ledger_ledger_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/outbox/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay Outbox
         * @description Publish again, under the same ids, what was published since then; audited. Consumers take
         *     what they have already as done.
         */
        post: operations["replay_outbox_outbox_replay_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/public-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Public Keys
         * @description The public halves of this service's keys for packets.
         */
        get: operations["public_keys_public_keys_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Queue
         * @description Records that wait for the caller's review, the longest waiting first (R71).
         *
         *     One that was passed is not among them, unless a department's answer contradicts it or a
         *     mandatory one confirms nothing. Audited when anybody is shown: an id and a village say of whom a
         *     department's answer contradicts.
         */
        get: operations["get_queue_queue_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/queue/ages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Ages
         * @description How much waits for the caller's review, by desk and by how long; names nobody.
         */
        get: operations["get_ages_queue_ages_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ready
         * @description The service can work: store reachable, partitions assigned, nothing halted.
         */
        get: operations["ready_ready_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/received": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Received
         * @description Which of these events were taken. Who knows an id (122 random bits) may ask.
         */
        post: operations["received_received_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Requests
         * @description How many requests departments have not answered (or have), and how old they are (R73).
         *
         *     Counts the newest record versions of who is collected in the area; names nobody. Of answered
         *     ones also what they come to, as far as it stands outside of what is sealed.
         */
        get: operations["get_requests_requests_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/return-reasons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Return Reasons
         * @description The list of reasons for which a record may go back.
         */
        get: operations["get_return_reasons_return_reasons_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/troubles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Troubles
         * @description Parked messages and dead letters, counted by topic and reason; nothing of what they hold.
         */
        get: operations["get_troubles_troubles_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * ActedList
         * @description What became of each, in the order in which they were named.
         */
        ActedList: {
            /** Items */
            items: components["schemas"]["ActedOut"][];
        };
        /**
         * ActedOut
         * @description What became of a message: done, due, invalid, waits, held, discarded or gone; and why.
         */
        ActedOut: {
            /** Became */
            became: string;
            /** En */
            en: string;
            /** Id */
            id: string;
            /** Rule */
            rule: string | null;
            /** Zh */
            zh: string;
        };
        /**
         * AgainIn
         * @description Since when; without it everything.
         */
        AgainIn: {
            /** Since */
            since?: string | null;
        };
        /**
         * AgainOut
         * @description How many events of which topic go out again.
         */
        AgainOut: {
            /** Service */
            service: string;
            /** Topics */
            topics: {
                [key: string]: number;
            };
        };
        /**
         * AgeCounts
         * @description Records that wait: all, those that have waited for 3, 7, 15 days or longer, and those whose
         *     card reading or signature the terminals do not attest.
         */
        AgeCounts: {
            /**
             * Everything
             * @default 0
             */
            everything?: number;
            /**
             * Flagged
             * @default 0
             */
            flagged?: number;
            /**
             * Over 15
             * @default 0
             */
            over_15?: number;
            /**
             * Over 3
             * @default 0
             */
            over_3?: number;
            /**
             * Over 7
             * @default 0
             */
            over_7?: number;
        };
        /**
         * Ages
         * @description Requests by how long they have waited, or took to be answered.
         */
        Ages: {
            /**
             * Older
             * @default 0
             */
            older?: number;
            /**
             * Under Day
             * @default 0
             */
            under_day?: number;
            /**
             * Under Week
             * @default 0
             */
            under_week?: number;
        };
        /**
         * AgesAnswer
         * @description How much waits, by desk: civil affairs and human resources each review their own (R71).
         */
        AgesAnswer: {
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            /** Desks */
            desks: {
                [key: string]: components["schemas"]["AgeCounts"];
            };
        };
        /**
         * Answers
         * @description What the answers to one record version come to.
         *
         *     ``agree``: every mandatory answer is there and confirms something of the record, and none stands
         *     against it; so it is when nobody was to be asked. ``cannot_tell``: a mandatory answer confirms
         *     nothing. ``contradict`` and ``cannot_tell`` go before ``waiting``, in this order: a reviewer has
         *     to look.
         * @enum {string}
         */
        Answers: "waiting" | "agree" | "cannot_tell" | "contradict";
        /**
         * AnswersBody
         * @description Answers of one department, each of which it signed.
         */
        AnswersBody: {
            /** Department */
            department: string;
            /** Items */
            items: components["schemas"]["PostedAnswer"][];
        };
        /**
         * Attestation
         * @description What the terminals say about a record's chip readings (design, section 5, rule 1).
         *
         *     ``none``: it claims no reading. The word is attested by the terminal, never proven.
         * @enum {string}
         */
        Attestation: "none" | "awaiting" | "attested" | "flagged";
        /**
         * AttestationAnswer
         * @description What the terminals' own events say of the card reading and of the signature.
         *
         *     ``reading_id`` and ``signature_id`` are what the desk got from its gateway and the record names;
         *     ``reading_event`` and ``signature_event`` the ids of the terminal's events by which they are
         *     judged, null while none has come.
         */
        AttestationAnswer: {
            reading: components["schemas"]["Attestation"];
            /** Reading Event */
            reading_event: string | null;
            /** Reading Id */
            reading_id: string | null;
            /** Reasons */
            reasons: components["schemas"]["FlagAnswer"][];
            signature: components["schemas"]["Attestation"];
            /** Signature Event */
            signature_event: string | null;
            /** Signature Id */
            signature_id: string | null;
        };
        /**
         * AuditPage
         * @description Rows in the order of the chain; `next` is what to send as `after`, null at the end, which is
         *     the chain's when the first page was read.
         */
        AuditPage: {
            /** Items */
            items: components["schemas"]["AuditRow"][];
            /** Next */
            next: string | null;
            /** Service */
            service: string;
        };
        /**
         * AuditRow
         * @description Who did what to whom, when and why, with which ids and counts; and what the row's place in
         *     the chain is checked by (`muster.security.audit.verify_chain`).
         */
        AuditRow: {
            /** Action */
            action: string;
            /** Actor */
            actor: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Detail */
            detail: unknown;
            /** Hash */
            hash: string;
            /** Previous */
            previous: string;
            /** Reason */
            reason: string | null;
            /** Salt */
            salt: string;
            /** Seq */
            seq: number;
            /** Subject Ids */
            subject_ids: string[];
        };
        /**
         * BaselineAnswer
         * @description Baseline data, and the fields in which the record says something else.
         */
        BaselineAnswer: {
            /** Differs */
            differs: string[];
            record: components["schemas"]["Record"];
            /** Version */
            version: number;
        };
        /**
         * CardAnswer
         * @description What the chip of the card says, of the fields for which the record has it from there or has
         *     something else, and the fields in which the record says something else. That the terminal read
         *     so is what ``attestation`` is about.
         */
        CardAnswer: {
            /** Differs */
            differs: string[];
            /** Fields */
            fields: {
                [key: string]: string | number | boolean | string[];
            };
        };
        /**
         * ClaimAnswer
         * @description Who looks at the record now, and how its newest version stands: by ``version``, ``digest``,
         *     ``answered`` (departments that have answered), ``flagged`` and ``reviewable`` a page tells
         *     whether the copy that it holds is out of date.
         */
        ClaimAnswer: {
            /** Answered */
            answered: number;
            /** Digest */
            digest: string;
            /** Flagged */
            flagged: boolean;
            looking: components["schemas"]["Looking"];
            /** Reviewable */
            reviewable: boolean;
            /** Subject Id */
            subject_id: string;
            /** Version */
            version: number;
        };
        /**
         * ClaimBody
         * @description ``take_over`` says that the caller looks at the record although another does.
         */
        ClaimBody: {
            /**
             * Take Over
             * @default false
             */
            take_over?: boolean;
        };
        /**
         * CompletionAnswer
         * @description A reviewer filled in or corrected fields: who, when, why, and which version the person
         *     signed. ``unsigned`` are the fields that are not as they were signed.
         */
        CompletionAnswer: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** By */
            by: string;
            /** Reason */
            reason: string;
            /** Signed Version */
            signed_version: number;
            /** Unsigned */
            unsigned: string[];
        };
        /**
         * DeadLettersOut
         * @description Messages of a topic that can never be taken, by the rule that they break.
         */
        DeadLettersOut: {
            /** En */
            en: string;
            /**
             * First At
             * Format: date-time
             */
            first_at: string;
            /**
             * Last At
             * Format: date-time
             */
            last_at: string;
            /** Messages */
            messages: number;
            /** Rule */
            rule: string;
            /** Topic */
            topic: string;
            /** Zh */
            zh: string;
        };
        /**
         * DecisionAnswer
         * @description A decision as it stands; ``passed`` while it is submitted and awaits answers.
         */
        DecisionAnswer: {
            answers: components["schemas"]["Answers"];
            /** Digest */
            digest: string;
            /** Passed */
            passed: boolean;
            /**
             * Reviewed At
             * Format: date-time
             */
            reviewed_at: string;
            /** Reviewer Id */
            reviewer_id: string;
            state: components["schemas"]["ReviewState"];
            /** Subject Id */
            subject_id: string;
            /** Version */
            version: number;
        };
        /**
         * DepartmentAnswer
         * @description What one department was asked, and what it said.
         *
         *     ``request`` is the id under which it stands in that department's own log, and in no other.
         *     ``mandatory`` when the record waits for it. ``waiting_since`` while its answer would count;
         *     ``verdicts`` by field once it is there. ``cannot_tell`` when the record waits for it and none of
         *     its verdicts is for the record or against it.
         */
        DepartmentAnswer: {
            /** Asked */
            asked: string[];
            /**
             * Asked At
             * Format: date-time
             */
            asked_at: string;
            /** Cannot Tell */
            cannot_tell: boolean;
            /** Contradicts */
            contradicts: boolean;
            /** Department */
            department: string;
            /** En */
            en: string;
            /** Mandatory */
            mandatory: boolean;
            overruled: components["schemas"]["Overruled"] | null;
            /** Received At */
            received_at: string | null;
            /** Remark */
            remark: string;
            /** Request */
            request: string;
            /** Verdicts */
            verdicts: {
                [key: string]: components["schemas"]["Verdict"];
            } | null;
            /** Waiting Since */
            waiting_since: string | null;
            /** Zh */
            zh: string;
        };
        /**
         * DiscardIn
         * @description Which messages are put away for good, and why.
         */
        DiscardIn: {
            /** Ids */
            ids: string[];
            /** Reason */
            reason: string;
        };
        /**
         * Entry
         * @description One line of the balance: how a village came to count a person and how it stands now.
         *
         *     A person who moves inside the county stands in two villages: ``moved_out`` in the old one,
         *     ``moved_in`` in the new one (design section 5, rule 8).
         */
        Entry: {
            origin: components["schemas"]["Origin"];
            state: components["schemas"]["SubjectState"];
            /** Village */
            village: string;
        };
        /**
         * Evidence
         * @description A photo of the person or of a paper, by the digest under which capture keeps it.
         */
        Evidence: {
            /** Digest */
            digest: string;
            /** Kind */
            kind: string;
            /** Media Type */
            media_type: string;
        };
        /**
         * FlagAnswer
         * @description Why a reading or a signature is flagged.
         */
        FlagAnswer: {
            /** Code */
            code: string;
            /** En */
            en: string;
            /** Zh */
            zh: string;
        };
        /** HTTPValidationError */
        HTTPValidationError: {
            /** Detail */
            detail?: components["schemas"]["ValidationError"][];
        };
        /**
         * ItemAnswer
         * @description Everything a reviewer needs about one person: the newest version and what stands beside it.
         *
         *     ``reviewable`` is false when the person no longer counts as collected, or the newest version has
         *     its outcome or was ``passed`` and awaits answers. ``attestation`` is absent until the terminals'
         *     events were looked for, ``card`` where nothing of a card is in the record.
         */
        ItemAnswer: {
            answers: components["schemas"]["Answers"];
            attestation: components["schemas"]["AttestationAnswer"] | null;
            baseline: components["schemas"]["BaselineAnswer"] | null;
            card: components["schemas"]["CardAnswer"] | null;
            /**
             * Collected At
             * Format: date-time
             */
            collected_at: string;
            /** Collector Id */
            collector_id: string;
            completion: components["schemas"]["CompletionAnswer"] | null;
            /** Corrects Version */
            corrects_version: number | null;
            /** Departments */
            departments: components["schemas"]["DepartmentAnswer"][];
            /** Desk */
            desk: string;
            /** Digest */
            digest: string;
            /** Earlier */
            earlier: components["schemas"]["VersionAnswer"][];
            /** Evidence */
            evidence: components["schemas"]["Evidence"][];
            /** Interpreter */
            interpreter: string | null;
            /** Own */
            own: boolean;
            /** Passed */
            passed: boolean;
            /** Provenance */
            provenance: {
                [key: string]: components["schemas"]["Source"];
            };
            /** Reasons */
            reasons: components["schemas"]["ReasonAnswer"][];
            /**
             * Received At
             * Format: date-time
             */
            received_at: string;
            record: components["schemas"]["Record"];
            /** Record Id */
            record_id: string;
            /** Reviewable */
            reviewable: boolean;
            /** Reviewed At */
            reviewed_at: string | null;
            /** Reviewer Id */
            reviewer_id: string | null;
            /** Signature Kind */
            signature_kind: string;
            signer: components["schemas"]["Signer"] | null;
            /** Standing */
            standing: components["schemas"]["Entry"][];
            state: components["schemas"]["ReviewState"];
            /** Subject Id */
            subject_id: string;
            /** Version */
            version: number;
            /** Village */
            village: string;
        };
        /**
         * LedgerAnswer
         * @description Verification's own side of the balance, by village.
         */
        LedgerAnswer: {
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            /** Villages */
            villages: {
                [key: string]: components["schemas"]["ReviewCounts"];
            };
        };
        /**
         * Looking
         * @description Somebody looks at a record: whether that is the caller, since when, and until when unless it
         *     is said again.
         */
        Looking: {
            /** Own */
            own: boolean;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /**
             * Until
             * Format: date-time
             */
            until: string;
        };
        /**
         * OpenAnswer
         * @description A department's open requests, the oldest first; ``open`` is how many there are.
         */
        OpenAnswer: {
            /** Department */
            department: string;
            /** Items */
            items: components["schemas"]["OpenRequest"][];
            /** Next */
            next: string | null;
            /** Open */
            open: number;
        };
        /**
         * OpenBody
         * @description A department's question, signed by its key and sealed to this service; the answer's ``next``
         *     in ``after`` asks for the rest.
         */
        OpenBody: {
            /** After */
            after?: string | null;
            /**
             * Limit
             * @default 200
             */
            limit?: number;
            /** Packet */
            packet: string;
        };
        /**
         * OpenIn
         * @description Why it is opened.
         */
        OpenIn: {
            /** Reason */
            reason: string;
        };
        /**
         * OpenRequest
         * @description One open request as its topic carries it: ``sealed`` opens with the department's key only,
         *     and only under this event id, case id and version.
         */
        OpenRequest: {
            /** Case Id */
            case_id: string;
            /** Event Id */
            event_id: string;
            /** Sealed */
            sealed: string;
            /** Version */
            version: number;
        };
        /**
         * Origin
         * @description How a subject became known: the left side of the balance (design, section 5, rule 8).
         * @enum {string}
         */
        Origin: "baseline" | "roster" | "new" | "discovered" | "moved_in";
        /**
         * OutcomesAnswer
         * @description One outcome per answer, in their order, after commit.
         */
        OutcomesAnswer: {
            /** Items */
            items: components["schemas"]["PostedOutcome"][];
        };
        /**
         * Overruled
         * @description Who verified in spite of a department's answer, when, and why in own words.
         */
        Overruled: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Despite */
            despite: string;
            /** Reviewer Id */
            reviewer_id: string;
        };
        /**
         * ParkedOut
         * @description Messages of a topic that wait for one reason: how many of how many keys, how many of them
         *     for an operator (`held`), since when.
         */
        ParkedOut: {
            /** En */
            en: string;
            /**
             * First At
             * Format: date-time
             */
            first_at: string;
            /** Held */
            held: number;
            /** Keys */
            keys: number;
            /**
             * Last At
             * Format: date-time
             */
            last_at: string;
            /** Messages */
            messages: number;
            /** Topic */
            topic: string;
            /** Zh */
            zh: string;
        };
        /**
         * PostedAnswer
         * @description One answer as its topic would carry it, under an id that the page made; sealed to this
         *     service.
         */
        PostedAnswer: {
            /** Case Id */
            case_id: string;
            /** Event Id */
            event_id: string;
            /** Sealed */
            sealed: string;
            /** Version */
            version: number;
        };
        /**
         * PostedOutcome
         * @description What became of one answer: ``taken`` (again under the same id: nothing happens twice),
         *     ``before`` (the request had an answer, which stands), ``refused`` (by ``rule``, in plain words),
         *     ``later`` (what it needs is not here yet; nothing was kept, it may come again as it is).
         */
        PostedOutcome: {
            /** En */
            en?: string | null;
            /** Event Id */
            event_id: string;
            /** Rule */
            rule?: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "taken" | "before" | "refused" | "later";
            /** Zh */
            zh?: string | null;
        };
        /**
         * PublicKeys
         * @description Public JWKs of a service: ``packet`` to seal to it, ``sign`` to verify what it signed; the
         *     newest of each first.
         */
        PublicKeys: {
            /** Packet */
            packet: {
                [key: string]: string;
            }[];
            /** Service */
            service: string;
            /** Sign */
            sign: {
                [key: string]: string;
            }[];
        };
        /**
         * QueueAnswer
         * @description Waiting records, the longest waiting first; ``next`` goes into ``after`` for the rest.
         */
        QueueAnswer: {
            /** Items */
            items: components["schemas"]["QueueItem"][];
            /** Next */
            next: string | null;
        };
        /**
         * QueueItem
         * @description One record that waits: no name, no number.
         *
         *     ``age_seconds`` since it arrived; ``returned`` how often it went back before; ``own`` whether
         *     the caller collected it, and so cannot review it; ``passed`` whether it was confirmed before an
         *     answer contradicted it or told nothing; ``flagged`` whether the terminals do not attest its card
         *     reading or its signature; ``looking`` who looks at it now, null when nobody does.
         */
        QueueItem: {
            /** Age Seconds */
            age_seconds: number;
            answers: components["schemas"]["Answers"];
            /** Desk */
            desk: string;
            /** Flagged */
            flagged: boolean;
            looking: components["schemas"]["Looking"] | null;
            /** Own */
            own: boolean;
            /** Passed */
            passed: boolean;
            /**
             * Received At
             * Format: date-time
             */
            received_at: string;
            /** Returned */
            returned: number;
            /** Subject Id */
            subject_id: string;
            /** Version */
            version: number;
            /** Village */
            village: string;
        };
        /**
         * ReasonAnswer
         * @description Why a version went back.
         */
        ReasonAnswer: {
            /** Code */
            code: string;
            /** En */
            en: string;
            /** Field */
            field: string | null;
            /** Text */
            text: string;
            /** Zh */
            zh: string;
        };
        /**
         * ReasonBody
         * @description One reason for a return: a code of the list, the field it concerns, own words.
         */
        ReasonBody: {
            /** Code */
            code: string;
            /** Field */
            field?: string | null;
            /**
             * Text
             * @default
             */
            text?: string;
        };
        /**
         * Received
         * @description Those of the events that this service has taken; refused ones are dead letters here.
         */
        Received: {
            /** Event Ids */
            event_ids: string[];
        };
        /**
         * Record
         * @description What was collected about one person, checked against the profile's ``form_version``.
         */
        Record: {
            /** Categories */
            categories: string[];
            /** Fields */
            fields: {
                [key: string]: string | number | boolean | string[];
            };
            /** Form Version */
            form_version: string;
        };
        /**
         * Relation
         * @description What somebody who signs for a person is to them: the kin whom the notices name
         *     (``shared/reference/kin.csv``), or somebody else.
         * @enum {string}
         */
        Relation: "parent" | "fosterer" | "spouse" | "child" | "sibling" | "other";
        /**
         * ReplayIn
         * @description Which messages are tried again.
         */
        ReplayIn: {
            /** Ids */
            ids: string[];
        };
        /**
         * RequestCounts
         * @description Requests to one department: how many, for how many of them the record waits, the longest
         *     time. ``enrolled`` whether the department can be asked now. Of answered ones how many
         *     ``contradict`` the record and how many ``cannot_tell`` (the others confirm it), and when the
         *     last answer came.
         */
        RequestCounts: {
            /**
             * @default {
             *       "older": 0,
             *       "under_day": 0,
             *       "under_week": 0
             *     }
             */
            ages?: components["schemas"]["Ages"];
            /**
             * Cannot Tell
             * @default 0
             */
            cannot_tell?: number;
            /**
             * Contradict
             * @default 0
             */
            contradict?: number;
            /**
             * Count
             * @default 0
             */
            count?: number;
            /** Department */
            department: string;
            /** En */
            en: string;
            /** Enrolled */
            enrolled: boolean;
            /** Last At */
            last_at?: string | null;
            /**
             * Longest Seconds
             * @default 0
             */
            longest_seconds?: number;
            /**
             * Mandatory
             * @default 0
             */
            mandatory?: number;
            /** Zh */
            zh: string;
        };
        /**
         * RequestsAnswer
         * @description Requests in one state, by department.
         */
        RequestsAnswer: {
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            /** Departments */
            departments: components["schemas"]["RequestCounts"][];
            /** State */
            state: string;
        };
        /**
         * ReturnBody
         * @description The digest of the version that the reviewer has seen, and why it goes back.
         */
        ReturnBody: {
            /** Digest */
            digest: string;
            /** Reasons */
            reasons: components["schemas"]["ReasonBody"][];
        };
        /**
         * ReturnCode
         * @description One code of the list of reasons for a return.
         */
        ReturnCode: {
            /** Code */
            code: string;
            /** En */
            en: string;
            /** Zh */
            zh: string;
        };
        /**
         * ReviewCounts
         * @description People of one village whose newest version is in these states.
         */
        ReviewCounts: {
            /**
             * Returned
             * @default 0
             */
            returned?: number;
            /**
             * Submitted
             * @default 0
             */
            submitted?: number;
            /**
             * Verified
             * @default 0
             */
            verified?: number;
        };
        /**
         * ReviewState
         * @description What `collected` splits into.
         * @enum {string}
         */
        ReviewState: "submitted" | "returned" | "verified";
        /**
         * Sent
         * @description Ids of events that an edge has published.
         */
        Sent: {
            /** Event Ids */
            event_ids: string[];
        };
        /**
         * Signer
         * @description Who signed a record for its person, and what they are to them.
         */
        Signer: {
            /** Name */
            name: string;
            relation: components["schemas"]["Relation"];
        };
        /**
         * Source
         * @description Provenance of one field of a record (design, section 5, rule 1).
         * @enum {string}
         */
        Source: "chip" | "baseline" | "department" | "typed" | "reviewer";
        /**
         * StuckOut
         * @description A message that could not be taken. `rule` is null of one that waits (`kind` is parked);
         *     `held` says that it waits for `muster quarantine`.
         */
        StuckOut: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** En */
            en: string;
            /** Event Id */
            event_id: string | null;
            /** Held */
            held: boolean;
            /** Id */
            id: string;
            /** Key Parked */
            key_parked: boolean;
            /** Kind */
            kind: string;
            /** Offset */
            offset: number;
            /** Partition */
            partition: number;
            /** Rule */
            rule: string | null;
            /** Topic */
            topic: string;
            /** Tried */
            tried: number;
            /** Zh */
            zh: string;
        };
        /**
         * StuckPage
         * @description A page of the list; `next` is what to send as `after`, null at the end.
         */
        StuckPage: {
            /** Items */
            items: components["schemas"]["StuckOut"][];
            /** Next */
            next: string | null;
            /** Service */
            service: string;
        };
        /**
         * StuckShown
         * @description One message as it came. `part` is what was sealed for this service in it, once opened;
         *     `not_opened_zh` and `not_opened_en` say why it does not open.
         */
        StuckShown: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Clear */
            clear: {
                [key: string]: unknown;
            } | null;
            /** En */
            en: string;
            /** Event Id */
            event_id: string | null;
            /** Headers */
            headers: {
                [key: string]: string;
            };
            /** Held */
            held: boolean;
            /** Id */
            id: string;
            /** Key */
            key: string;
            /** Key Parked */
            key_parked: boolean;
            /** Kind */
            kind: string;
            /** Not Opened En */
            not_opened_en: string | null;
            /** Not Opened Zh */
            not_opened_zh: string | null;
            /** Offset */
            offset: number;
            /** Part */
            part: {
                [key: string]: unknown;
            } | null;
            /** Partition */
            partition: number;
            /** Rule */
            rule: string | null;
            /** Size */
            size: number;
            /** Topic */
            topic: string;
            /** Tried */
            tried: number;
            /** Zh */
            zh: string;
        };
        /**
         * SubjectState
         * @description Where a subject stands: the right side of the balance. Every subject has exactly one.
         * @enum {string}
         */
        SubjectState: "open" | "collected" | "declined" | "moved_out" | "dead_before" | "dead_after" | "merged" | "ineligible";
        /**
         * TroublesOut
         * @description What one service could not take, at that moment.
         */
        TroublesOut: {
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            /** Dead Letters */
            dead_letters: components["schemas"]["DeadLettersOut"][];
            /** Parked */
            parked: components["schemas"]["ParkedOut"][];
            /** Service */
            service: string;
        };
        /** ValidationError */
        ValidationError: {
            /** Context */
            ctx?: Record<string, never>;
            /** Input */
            input?: unknown;
            /** Location */
            loc: (string | number)[];
            /** Message */
            msg: string;
            /** Error Type */
            type: string;
        };
        /**
         * Verdict
         * @description A department's answer about one field (forms: five verdicts).
         * @enum {string}
         */
        Verdict: "match" | "mismatch" | "no_such_person" | "no_file" | "undecided";
        /**
         * VerifyBody
         * @description The digest of the version that the reviewer has seen.
         *
         *     ``despite`` is asked for when departments contradict or cannot tell: why it is verified all the
         *     same, in own words; ``contradicting`` and ``cannot_tell`` then name the departments whose
         *     answers the reviewer has seen.
         */
        VerifyBody: {
            /**
             * Cannot Tell
             * @default []
             */
            cannot_tell?: string[];
            /**
             * Contradicting
             * @default []
             */
            contradicting?: string[];
            /** Despite */
            despite?: string | null;
            /** Digest */
            digest: string;
        };
        /**
         * VersionAnswer
         * @description One version, what terminals attest of it, and its review. ``changed`` are the fields that the
         *     newest version changed; ``completion`` is there when a reviewer made this version.
         */
        VersionAnswer: {
            attestation: components["schemas"]["AttestationAnswer"] | null;
            /** Changed */
            changed: string[];
            completion: components["schemas"]["CompletionAnswer"] | null;
            /** Departments */
            departments: components["schemas"]["DepartmentAnswer"][];
            /** Digest */
            digest: string;
            /** Reasons */
            reasons: components["schemas"]["ReasonAnswer"][];
            /**
             * Received At
             * Format: date-time
             */
            received_at: string;
            /** Reviewed At */
            reviewed_at: string | null;
            /** Reviewer Id */
            reviewer_id: string | null;
            state: components["schemas"]["ReviewState"];
            /** Version */
            version: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    audit_trail_audit_get: {
        parameters: {
            query?: {
                since?: string | null;
                actor?: string | null;
                action?: string | null;
                subject?: string | null;
                after?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    list_letters_dead_letters_get: {
        parameters: {
            query?: {
                after?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StuckPage"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    discard_letters_dead_letters_discard_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DiscardIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActedList"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    replay_letters_dead_letters_replay_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActedList"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    show_letter_dead_letters__message_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                message_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StuckShown"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    open_letter_dead_letters__message_id__open_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                message_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StuckShown"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    take_answers_departments_answers_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswersBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OutcomesAnswer"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    open_requests_departments_requests_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAnswer"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    health_health_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: string;
                    };
                };
            };
        };
    };
    get_item_items__subject_id__get: {
        parameters: {
            query?: {
                /** @description 先取 / fetched before it is looked at */
                ahead?: boolean;
            };
            header?: never;
            path: {
                subject_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemAnswer"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    look_items__subject_id__claim_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClaimBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClaimAnswer"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    leave_items__subject_id__claim_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    send_back_items__subject_id___version__return_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject_id: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReturnBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecisionAnswer"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    verify_items__subject_id___version__verify_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject_id: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VerifyBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecisionAnswer"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    get_ledger_ledger_get: {
        parameters: {
            query?: {
                /** @description 行政区划代码 / area code */
                area?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LedgerAnswer"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    replay_outbox_outbox_replay_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AgainIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgainOut"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    public_keys_public_keys_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicKeys"];
                };
            };
        };
    };
    get_queue_queue_get: {
        parameters: {
            query?: {
                /** @description 行政区划代码 / area code */
                area?: string | null;
                desk?: string | null;
                /** @description 至少已等待天数 / waited so long */
                days?: number | null;
                /** @description 自该日或更早起等待 / waiting since then or longer */
                since?: string | null;
                /** @description 只看存疑的 / flagged ones only */
                flagged?: boolean;
                after?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueueAnswer"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    get_ages_queue_ages_get: {
        parameters: {
            query?: {
                /** @description 行政区划代码 / area code */
                area?: string | null;
                desk?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgesAnswer"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    ready_ready_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
        };
    };
    received_received_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Sent"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Received"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    get_requests_requests_get: {
        parameters: {
            query?: {
                /** @description 行政区划代码 / area code */
                area?: string | null;
                department?: string | null;
                state?: "open" | "answered";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestsAnswer"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    get_return_reasons_return_reasons_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReturnCode"][];
                };
            };
        };
    };
    get_troubles_troubles_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TroublesOut"];
                };
            };
        };
    };
}
