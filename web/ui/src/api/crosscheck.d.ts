// Made by `npm run api` from web/api/crosscheck.json; never edited by hand.
// document 7ec8a980b5cca6377333cd247b2304aff373217b28c12afc4fceb681172b4454
// types b612a569f6e6f977c8dd107c4e757be9d1f27f42034ee285a2b1e53a0ebeb437

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
    "/candidates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Candidates
         * @description People whom a department knows and the campaign does not, without names (R76); with
         *     ``subject_id`` the closed ones that turned out to be that person.
         *
         *     An administrator of the whole campaign who names no area also sees rows of areas outside it.
         *     Audited when there are any.
         */
        get: operations["get_candidates_candidates_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/candidates/{candidate_id}/reveal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reveal Candidate
         * @description Ask again for a row that the department refused to open, with a reason; audited.
         */
        post: operations["reveal_candidate_candidates__candidate_id__reveal_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/comparison": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Comparison
         * @description Whether the comparison phase is open, and how much is still to be matched.
         */
        get: operations["get_comparison_comparison_get"];
        put?: never;
        /**
         * Open Comparison
         * @description Open the comparison phase of the campaign and match everything once (R74, R75).
         */
        post: operations["open_comparison_comparison_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Counts
         * @description Open work orders by kind and village.
         */
        get: operations["get_counts_counts_get"];
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
    "/discrepancies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Discrepancies
         * @description Work orders of the caller's area, the oldest first, perhaps of one person, or only those that
         *     cannot be compared now; no personal values (R75). Audited when there are any: an id, a village
         *     and a kind say what is wrong with whom. ``age`` is by the bounds that reporting counts by (R76);
         *     closed ones have none.
         */
        get: operations["get_discrepancies_discrepancies_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/discrepancies/{discrepancy_id}/answers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer About
         * @description Answer a question about a work order, once; kept with it, audited (R75).
         */
        post: operations["answer_about_discrepancies__discrepancy_id__answers_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/discrepancies/{discrepancy_id}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close Discrepancy
         * @description Close a work order that cannot be compared now, as an administrator of its village, with a
         *     reason; audited. What is found again opens it again (R75).
         */
        post: operations["close_discrepancy_discrepancies__discrepancy_id__close_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/discrepancies/{discrepancy_id}/open": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open Discrepancy
         * @description The values of both sides, to whoever mends them, with a reason; audited (R100).
         */
        post: operations["open_discrepancy_discrepancies__discrepancy_id__open_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/discrepancies/{discrepancy_id}/questions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask About
         * @description Ask a department or an area about a work order; kept with it, audited (R75).
         */
        post: operations["ask_about_discrepancies__discrepancy_id__questions_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/discrepancies/{discrepancy_id}/reveal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reveal Discrepancy
         * @description Ask a department in blind mode to open the row of a work order, with a reason; audited.
         */
        post: operations["reveal_discrepancy_discrepancies__discrepancy_id__reveal_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/discrepancies/{discrepancy_id}/transfer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Transfer Discrepancy
         * @description Pass a work order on to another area of the campaign, with a reason; the village of the
         *     household, by which it is counted, stays (R75). Audited.
         */
        post: operations["transfer_discrepancy_discrepancies__discrepancy_id__transfer_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/extracts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Extracts
         * @description What departments supplied, and why an extract was refused (R74).
         */
        get: operations["get_extracts_extracts_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/extracts/own": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get Own Extracts
         * @description What became of a department's own extracts, for its connector or its officer's browser, which
         *     signs the question with the key that it enrolled and seals it to this service (R74).
         */
        post: operations["get_own_extracts_extracts_own_post"];
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
    "/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run County
         * @description Match everything now; the answer says what that changed.
         */
        post: operations["run_county_runs_post"];
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
         * Age
         * @description How long a work order has been open.
         * @enum {string}
         */
        Age: "under_7_days" | "from_7_to_30_days" | "over_30_days";
        /**
         * AnswerBody
         * @description What is answered to a question; also what a department said to whoever asked it.
         */
        AnswerBody: {
            /** Note Id */
            note_id: string;
            /** Question */
            question: string;
            /** Text */
            text: string;
        };
        /**
         * AskBody
         * @description A question about a work order, under an id that the client made, to a department or an area
         *     of the campaign. In own words, without numbers.
         */
        AskBody: {
            /** Note Id */
            note_id: string;
            /** Text */
            text: string;
            /** To */
            to: string;
        };
        /**
         * AskedAnswer
         * @description The request that was put to the department.
         */
        AskedAnswer: {
            /** Reveal Id */
            reveal_id: string;
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
         * CandidateItem
         * @description Somebody whom a department knows and the campaign does not; no value.
         *
         *     ``waiting``, ``asked`` (the department was asked to open the row), ``refused`` (it refused, by
         *     ``rule``), ``told`` (the desk was told), ``held`` (``rule`` says why nobody can be sent),
         *     ``ended`` (not to be collected here, by ``rule``), ``closed`` (``subject_id`` says who they
         *     turned out to be; null when the department names nobody any more). A rule is also said in plain
         *     words. ``reveal_id`` is the newest request to open the row and ``request`` the id under which it
         *     stands in the department's own log; null where none was needed.
         */
        CandidateItem: {
            /** Area */
            area: string;
            /** Candidate Id */
            candidate_id: string;
            /** Closed At */
            closed_at: string | null;
            /** Department */
            department: string;
            /** En */
            en: string | null;
            /**
             * Found At
             * Format: date-time
             */
            found_at: string;
            /** Request */
            request: string | null;
            /** Reveal Id */
            reveal_id: string | null;
            /** Rule */
            rule: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "asked" | "refused" | "told" | "held" | "ended" | "closed";
            /** Subject Id */
            subject_id: string | null;
            /** Told At */
            told_at: string | null;
            /** Zh */
            zh: string | null;
        };
        /**
         * CandidateName
         * @description A candidate of a department that a person turned out to be, and the newest request to open
         *     its row: ``request`` is the id under which that stands in the department's own log.
         */
        CandidateName: {
            /** Candidate Id */
            candidate_id: string;
            /** Department */
            department: string;
            /** Request */
            request: string | null;
            /** Reveal Id */
            reveal_id: string | null;
        };
        /**
         * CandidatesAnswer
         * @description Candidates in order of id; ``next`` goes into ``after`` for the rest.
         */
        CandidatesAnswer: {
            /** Items */
            items: components["schemas"]["CandidateItem"][];
            /** Next */
            next: string | null;
        };
        /**
         * ClosedBy
         * @description What was another when an order was found no more, than when it was found last; null or
         *     empty what was the same.
         *
         *     ``record_version`` is the record version that mended it, ``standing`` the state in the balance
         *     that came (``revision`` numbers it), ``extract_id`` the department's new extract. ``other_``
         *     ones are those of a duplicate's other entry. When nothing is named, another person's data or
         *     another rule say whose row it is. ``matched_at`` is when it was matched again. ``account`` is
         *     the administrator who closed what could not be compared, for this ``reason``; null for what was
         *     shown to be gone.
         */
        ClosedBy: {
            /** Account */
            account: string | null;
            /** Extract Id */
            extract_id: string | null;
            /**
             * Matched At
             * Format: date-time
             */
            matched_at: string;
            /** Other Record Version */
            other_record_version: number | null;
            /** Other Revision */
            other_revision: number | null;
            other_standing: components["schemas"]["SubjectState"] | null;
            /** Reason */
            reason: string | null;
            /** Record Version */
            record_version: number | null;
            /** Revision */
            revision: number | null;
            standing: components["schemas"]["SubjectState"] | null;
        };
        /**
         * ComparisonAnswer
         * @description Whether the comparison phase is open; ``waiting`` subjects are still to be matched, and it is
         *     0 when all that came in is settled.
         */
        ComparisonAnswer: {
            /** Open */
            open: boolean;
            /** Opened At */
            opened_at: string | null;
            /** Opened By */
            opened_by: string | null;
            /** Waiting */
            waiting: number;
        };
        /**
         * CountsAnswer
         * @description Open work orders by kind: of each village that has any, and in total.
         */
        CountsAnswer: {
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            /** Total */
            total: {
                [key: string]: number;
            };
            /** Villages */
            villages: {
                [key: string]: {
                    [key: string]: number;
                };
            };
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
         * DiscrepanciesAnswer
         * @description Work orders, the oldest first; ``next`` goes into ``after`` for the rest.
         */
        DiscrepanciesAnswer: {
            /** Items */
            items: components["schemas"]["DiscrepancyItem"][];
            /** Next */
            next: string | null;
        };
        /**
         * Discrepancy
         * @description Kinds of work orders: what contradicts (problem data), what is absent (missing data).
         * @enum {string}
         */
        Discrepancy: "field_mismatch" | "missing_field" | "missed_subject" | "duplicate" | "moved" | "dead";
        /**
         * DiscrepancyItem
         * @description One work order, without any value.
         *
         *     ``department`` is whose data say so; ``other`` is the subject that a duplicate is a duplicate
         *     of; ``named_by`` is there for a missed person; ``closed_by`` for what is closed;
         *     ``age_seconds`` runs from its last opening to its closing or to now. ``comparable`` is false
         *     while it stands open only because nothing can be compared: it was found, and is neither found
         *     now nor shown to be mended. It is compared again whenever anything comes. ``handled_in`` is the
         *     area to which it was passed on, null for the village; ``questions`` are those that nobody has
         *     answered yet.
         */
        DiscrepancyItem: {
            /** Age Seconds */
            age_seconds: number;
            /** Closed At */
            closed_at: string | null;
            closed_by: components["schemas"]["ClosedBy"] | null;
            /** Comparable */
            comparable: boolean;
            /** Department */
            department: string | null;
            /** Discrepancy Id */
            discrepancy_id: string;
            /** Field */
            field: string | null;
            /**
             * First Opened At
             * Format: date-time
             */
            first_opened_at: string;
            /** Handled In */
            handled_in: string | null;
            kind: components["schemas"]["Discrepancy"];
            named_by: components["schemas"]["NamedBy"] | null;
            /**
             * Opened At
             * Format: date-time
             */
            opened_at: string;
            /** Other */
            other: string | null;
            /** Questions */
            questions: number;
            /** Revision */
            revision: number;
            /**
             * State
             * @enum {string}
             */
            state: "open" | "closed";
            /** Subject Id */
            subject_id: string;
            /** Village */
            village: string;
        };
        /**
         * ExtractItem
         * @description One extract of a department.
         *
         *     ``rows`` and ``parts`` are what its manifest says, null until that is here; the ``_here`` ones
         *     what has arrived of it while it is arriving. A refused one names its rule in plain words.
         */
        ExtractItem: {
            /** Department */
            department: string;
            /** En */
            en: string | null;
            /** Extract Id */
            extract_id: string;
            /**
             * First Seen At
             * Format: date-time
             */
            first_seen_at: string;
            /**
             * Made At
             * Format: date-time
             */
            made_at: string;
            /** Mode */
            mode: string;
            /** Parts */
            parts: number | null;
            /** Parts Here */
            parts_here: number;
            /** Rows */
            rows: number | null;
            /** Rows Here */
            rows_here: number;
            /** Rule */
            rule: string | null;
            /** Settled At */
            settled_at: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "arriving" | "current" | "replaced" | "outdated" | "refused";
            /** Zh */
            zh: string | null;
        };
        /**
         * ExtractsAnswer
         * @description Of each department that supplied anything the current extract first, then the newest.
         */
        ExtractsAnswer: {
            /** Items */
            items: components["schemas"]["ExtractItem"][];
        };
        /** HTTPValidationError */
        HTTPValidationError: {
            /** Detail */
            detail?: components["schemas"]["ValidationError"][];
        };
        /**
         * NamedBy
         * @description How a missed person became known: the origin in the balance (``baseline``, ``roster``,
         *     ``discovered`` by a department ...), and departments' candidates that turned out to be them.
         */
        NamedBy: {
            /** Candidates */
            candidates: components["schemas"]["CandidateName"][];
            origin: components["schemas"]["Origin"] | null;
        };
        /**
         * NoteAnswer
         * @description What somebody said about a work order: a question to ``to`` (a department or an area), the
         *     answer to question ``answers``, or that it was passed on to ``to`` (null: back to the
         *     village).
         */
        NoteAnswer: {
            /** Answers */
            answers: string | null;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** By */
            by: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "question" | "answer" | "transfer";
            /** Note Id */
            note_id: string;
            /** Text */
            text: string;
            /** To */
            to: string | null;
        };
        /**
         * OpenAnswer
         * @description The phase, and what the first county job found; all 0 when it was open before.
         */
        OpenAnswer: {
            /** Open */
            open: boolean;
            /** Opened At */
            opened_at: string | null;
            /** Opened By */
            opened_by: string | null;
            run: components["schemas"]["RunAnswer"];
            /** Waiting */
            waiting: number;
        };
        /**
         * OpenBody
         * @description Opens the comparison phase. There is no closing it: only a rule that passes again may close a
         *     work order.
         */
        OpenBody: {
            /**
             * Open
             * @constant
             */
            open: true;
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
         * OpenedAnswer
         * @description Both sides of a work order, and what was said about it. ``department_value`` is null where
         *     the department keeps its data at home and has not opened the row.
         */
        OpenedAnswer: {
            /** Age Seconds */
            age_seconds: number;
            /** Closed At */
            closed_at: string | null;
            closed_by: components["schemas"]["ClosedBy"] | null;
            /** Comparable */
            comparable: boolean;
            /** Department */
            department: string | null;
            /** Department Value */
            department_value: string | number | boolean | string[] | null;
            /** Discrepancy Id */
            discrepancy_id: string;
            /** Field */
            field: string | null;
            /**
             * First Opened At
             * Format: date-time
             */
            first_opened_at: string;
            /** Handled In */
            handled_in: string | null;
            kind: components["schemas"]["Discrepancy"];
            named_by: components["schemas"]["NamedBy"] | null;
            /** Notes */
            notes: components["schemas"]["NoteAnswer"][];
            /**
             * Opened At
             * Format: date-time
             */
            opened_at: string;
            /** Other */
            other: string | null;
            person: components["schemas"]["PersonAnswer"];
            /** Questions */
            questions: number;
            /** Record Value */
            record_value: string | number | boolean | string[] | null;
            reveal: components["schemas"]["RevealState"] | null;
            /** Revision */
            revision: number;
            /**
             * State
             * @enum {string}
             */
            state: "open" | "closed";
            /** Subject Id */
            subject_id: string;
            twin: components["schemas"]["PersonAnswer"] | null;
            /** Village */
            village: string;
        };
        /**
         * Origin
         * @description How a subject became known: the left side of the balance (design, section 5, rule 8).
         * @enum {string}
         */
        Origin: "baseline" | "roster" | "new" | "discovered" | "moved_in";
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
         * PersonAnswer
         * @description Who somebody is.
         */
        PersonAnswer: {
            /** Name */
            name: string | null;
            /** Number */
            number: string | null;
            /** Subject Id */
            subject_id: string;
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
         * QuestionBody
         * @description A department's question, signed by its connector and sealed to this service.
         */
        QuestionBody: {
            /** Packet */
            packet: string;
        };
        /**
         * ReasonBody
         * @description Why somebody's data are opened; kept in the audit trail, so it holds no number.
         */
        ReasonBody: {
            /** Reason */
            reason: string;
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
         * ReplayIn
         * @description Which messages are tried again.
         */
        ReplayIn: {
            /** Ids */
            ids: string[];
        };
        /**
         * RevealState
         * @description How the newest request to open a blind department's row stands; ``request`` is the id under
         *     which it stands in the department's own log; of a refused one the rule, also in plain words.
         */
        RevealState: {
            /** En */
            en: string | null;
            /** Request */
            request: string;
            /** Reveal Id */
            reveal_id: string;
            /** Rule */
            rule: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "asked" | "answered" | "refused";
            /** Zh */
            zh: string | null;
        };
        /**
         * RunAnswer
         * @description What a county job changed: work orders, and candidates that came or went. ``marked`` are open
         *     orders that can be compared no more.
         */
        RunAnswer: {
            /** Candidates */
            candidates: number;
            /** Candidates Closed */
            candidates_closed: number;
            /** Closed */
            closed: number;
            /** Marked */
            marked: number;
            /** Opened */
            opened: number;
            /** Redirected */
            redirected: number;
            /** Reopened */
            reopened: number;
        };
        /**
         * Sent
         * @description Ids of events that an edge has published.
         */
        Sent: {
            /** Event Ids */
            event_ids: string[];
        };
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
         * TransferBody
         * @description Where an order is handled from now on, and why; null for the village of the household.
         */
        TransferBody: {
            /** Area */
            area: string | null;
            /** Note Id */
            note_id: string;
            /** Reason */
            reason: string;
        };
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
    get_candidates_candidates_get: {
        parameters: {
            query?: {
                /** @description 行政区划代码 / area code */
                area?: string | null;
                closed?: boolean;
                subject_id?: string | null;
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
                    "application/json": components["schemas"]["CandidatesAnswer"];
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
    reveal_candidate_candidates__candidate_id__reveal_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                candidate_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AskedAnswer"];
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
    get_comparison_comparison_get: {
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
                    "application/json": components["schemas"]["ComparisonAnswer"];
                };
            };
        };
    };
    open_comparison_comparison_post: {
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
    get_counts_counts_get: {
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
                    "application/json": components["schemas"]["CountsAnswer"];
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
    get_discrepancies_discrepancies_get: {
        parameters: {
            query?: {
                /** @description 行政区划代码 / area code */
                area?: string | null;
                state?: "open" | "closed" | "all";
                kind?: components["schemas"]["Discrepancy"] | null;
                /** @description 未办结时长 / how long open, of open ones */
                age?: components["schemas"]["Age"] | null;
                comparable?: boolean | null;
                subject_id?: string | null;
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
                    "application/json": components["schemas"]["DiscrepanciesAnswer"];
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
    answer_about_discrepancies__discrepancy_id__answers_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                discrepancy_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerBody"];
            };
        };
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
    close_discrepancy_discrepancies__discrepancy_id__close_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                discrepancy_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DiscrepancyItem"];
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
    open_discrepancy_discrepancies__discrepancy_id__open_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                discrepancy_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenedAnswer"];
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
    ask_about_discrepancies__discrepancy_id__questions_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                discrepancy_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AskBody"];
            };
        };
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
    reveal_discrepancy_discrepancies__discrepancy_id__reveal_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                discrepancy_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AskedAnswer"];
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
    transfer_discrepancy_discrepancies__discrepancy_id__transfer_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                discrepancy_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TransferBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DiscrepancyItem"];
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
    get_extracts_extracts_get: {
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
                    "application/json": components["schemas"]["ExtractsAnswer"];
                };
            };
        };
    };
    get_own_extracts_extracts_own_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["QuestionBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExtractsAnswer"];
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
    run_county_runs_post: {
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
                    "application/json": components["schemas"]["RunAnswer"];
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
