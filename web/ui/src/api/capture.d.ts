// Made by `npm run api` from web/api/capture.json; never edited by hand.
// document 7ba1b9b3d5f53f272f5b9cbdfbb4c99316ebeb9d4abe94e39803c80748136ac5
// types 5f6f29b22e66ef21a7c8a0fa45fc8dc7a15339249789bbc5787ad7e2719ae442

export interface paths {
    "/areas": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Areas
         * @description The areas at and below those that the caller is granted in any role, and the areas above
         *     them by name; parents come before children (design section 5, rule 10).
         */
        get: operations["get_areas_areas_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
         * Waiting
         * @description Whom departments know and nobody could enter yet: who says so and why. Audited.
         */
        get: operations["waiting_candidates_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/candidates/{candidate_id}/open": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open Candidate
         * @description What the department says of one who waits, with a reason. Audited (R100).
         */
        post: operations["open_candidate_candidates__candidate_id__open_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/candidates/{candidate_id}/settlement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Settle
         * @description Name the village, mend the number, or say why nobody is entered. Audited.
         */
        post: operations["settle_candidates__candidate_id__settlement_post"];
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
    "/evidence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Evidence
         * @description Keep photos of persons and papers, before the records that name them.
         */
        post: operations["post_evidence_evidence_post"];
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
    "/imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Imports
         * @description Imports of the areas that the caller administers, the newest first; `after` is the id of the
         *     last one of the page before. Counts and nothing of any row, and so not audited.
         */
        get: operations["get_imports_imports_get"];
        put?: never;
        /**
         * Post Import
         * @description Read a file of people (.xlsx, or .csv in UTF-8 or GB18030): good rows in, bad rows listed.
         *
         *     `kind` is `baseline`, or `roster`: whom village committees named (R49), with name, resident
         *     number and village; who is known already stays as they are.
         *     Answers when the whole file has been read; `GET /imports/{id}` shows how far it is meanwhile.
         *     The same file sent again goes on where it was, or gives the finished import. Form fields:
         *     `file`; `kind`, by default baseline; `import_id`, made by the client; `area`, the granted area
         *     for which it is imported.
         */
        post: operations["post_import_imports_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/imports/{import_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Import
         * @description Progress and counts of an import; nothing of its rows, and so not audited.
         */
        get: operations["get_import_imports__import_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/imports/{import_id}/refusals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Refusals
         * @description Rows that were refused or doubted, in the order of the file, with their reasons. Audited.
         */
        get: operations["get_refusals_imports__import_id__refusals_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/imports/{import_id}/refusals.xlsx": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Refused Rows
         * @description The rows that are still refused, as they came, with the reasons beside them. Audited.
         *
         *     Mended in place and imported again, a row takes its old one off the list.
         */
        get: operations["get_refused_rows_imports__import_id__refusals_xlsx_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/imports/{import_id}/rows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Rows
         * @description Rows that nobody has settled yet, as they came, with the columns of the file and the reasons:
         *     those refused (`severity` refuse), or taken in with a doubt (warn, without cells). Audited.
         */
        get: operations["get_rows_imports__import_id__rows_get"];
        put?: never;
        post?: never;
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
         * Ledger
         * @description Both sides of the balance of every village, as capture counts them.
         */
        get: operations["ledger_ledger_get"];
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
    "/packet-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Packet Key
         * @description The public key (JWK) to which terminals seal their packets.
         */
        get: operations["packet_key_packet_key_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Profile
         * @description The form in words of both languages with its sources, and all by which a record is checked:
         *     fields, categories, papers and who must show them, rules, departments, phases.
         */
        get: operations["get_profile_profile_get"];
        put?: never;
        post?: never;
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
    "/refusals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Refusals
         * @description What was refused or doubted in an area and nobody has settled yet (R70). Audited.
         */
        get: operations["refusals_refusals_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/returned": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Returned
         * @description Records that a reviewer sent back, with the reasons. Audited.
         */
        get: operations["returned_returned_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subjects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * People
         * @description Persons in a state, by village; by default those not yet collected. With `origin` only those
         *     who came so, with `review` those whose newest record stands so. Audited.
         */
        get: operations["people_subjects_get"];
        put?: never;
        /**
         * Enter
         * @description Enter a person of the roster, one whom a department knows, or one who moved in. Audited.
         */
        post: operations["enter_subjects_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subjects/lookup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look Up
         * @description Find a person by resident number or id, to fill the form in (R53, R55). Audited.
         */
        post: operations["look_up_subjects_lookup_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subjects/{subject_id}/absence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Note Absence
         * @description Put down why somebody could not be met yet; once per `absence_id`. It ends nothing: they stay
         *     open, and a record or an ending takes it away (R106). Audited.
         */
        post: operations["note_absence_subjects__subject_id__absence_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subjects/{subject_id}/completion": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Complete
         * @description Fill in or correct single fields of the newest version, as its reviewer (R71, C17): a new
         *     version to review, whose changed fields nobody signed; once per `completion_id`. Audited.
         */
        post: operations["complete_subjects__subject_id__completion_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subjects/{subject_id}/ending": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End
         * @description Record an ending of the balance, or take one back; once per `change_id`. Audited.
         */
        post: operations["end_subjects__subject_id__ending_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subjects/{subject_id}/evidence/{digest}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Evidence
         * @description A picture or paper as it was taken, to look at or to print (R59, R66). Audited.
         */
        get: operations["show_evidence_subjects__subject_id__evidence__digest__get"];
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
    "/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Upload
         * @description Take records in; the answer is given after commit, and is the same when sent again.
         */
        post: operations["post_upload_uploads_post"];
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
         * Absence
         * @description Reasons of which none is an ending of the balance: whoever is away stays open (R106).
         * @enum {string}
         */
        Absence: "away" | "not_found" | "in_prison" | "ill" | "other";
        /**
         * AbsenceIn
         * @description Why somebody could not be met yet, under an id that the client made; `until` when, if that is
         *     known. A `reason` of null takes back what stood.
         */
        AbsenceIn: {
            /** Absence Id */
            absence_id: string;
            /** Note */
            note?: string | null;
            reason: components["schemas"]["Absence"] | null;
            /** Until */
            until?: string | null;
            /** Village */
            village: string;
        };
        /**
         * AbsenceOut
         * @description Why somebody could not be met, as it was put down `at`.
         */
        AbsenceOut: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Note */
            note: string | null;
            reason: components["schemas"]["Absence"];
            /** Until */
            until: string | null;
        };
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
         * AreaLevel
         * @description Levels of 行政区划, from the top down.
         * @enum {string}
         */
        AreaLevel: "province" | "city" | "county" | "township" | "village";
        /**
         * AreaOut
         * @description One area; `parent` is null at the top.
         */
        AreaOut: {
            /** Code */
            code: string;
            level: components["schemas"]["AreaLevel"];
            /** Name */
            name: string;
            /** Parent */
            parent: string | null;
        };
        /**
         * AreasOut
         * @description Areas, parents before children: what lies at and below `granted`, and what lies above.
         */
        AreasOut: {
            /** Areas */
            areas: components["schemas"]["AreaOut"][];
            /** Granted */
            granted: string[];
            /** Root */
            root: string;
        };
        /**
         * AtMostOneOut
         * @description Of these categories at most one is ticked.
         */
        AtMostOneOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "at-most-one";
            parameters: components["schemas"]["OfOut"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
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
         * BoundsOut
         * @description Days, both included; null where there is no bound.
         */
        BoundsOut: {
            /** From */
            from: string | null;
            /** Until */
            until: string | null;
        };
        /**
         * CadenceOut
         * @description How often a township uploads: at least once in `days`.
         */
        CadenceOut: {
            /** Days */
            days: number;
            /** En */
            en: string;
            /** Zh */
            zh: string;
        };
        /**
         * CandidateOut
         * @description Somebody whom a department knows and who could not be entered, and why; no values.
         */
        CandidateOut: {
            /** Area */
            area: string;
            /** Candidate Id */
            candidate_id: string;
            /** Department */
            department: string;
            /** Reasons */
            reasons: components["schemas"]["ReasonOut"][];
            /**
             * Since
             * Format: date-time
             */
            since: string;
        };
        /**
         * CandidatesOut
         * @description A page of candidates; `next` is what to send as `after`, null at the end.
         */
        CandidatesOut: {
            /** Candidates */
            candidates: components["schemas"]["CandidateOut"][];
            /** Next */
            next: string | null;
        };
        /**
         * CategoryOut
         * @description A category; `number` is only shown.
         */
        CategoryOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Group */
            group: string;
            /** Id */
            id: string;
            /** Number */
            number: number;
            /** Review Desk */
            review_desk: string;
            /** Zh */
            zh: string;
        };
        /**
         * ColumnOut
         * @description A column of an imported file: its heading as it stands there, and the field that it holds,
         *     null where it holds none (it is kept and shown, and not looked at).
         */
        ColumnOut: {
            /** Field */
            field: string | null;
            /** Header */
            header: string;
        };
        /**
         * CompletionIn
         * @description Single fields as a reviewer fills them in or corrects them, over the version that they saw,
         *     under an id that the client made; null takes a field away. `reason` stays with the record.
         */
        CompletionIn: {
            /** Base Version */
            base_version: number;
            /** Completion Id */
            completion_id: string;
            /** Fields */
            fields: {
                [key: string]: string | number | boolean | string[] | null;
            };
            /** Reason */
            reason: string;
        };
        /**
         * CompletionOut
         * @description The new version, and which of its fields are not as the person signed them.
         */
        CompletionOut: {
            /** Digest */
            digest: string;
            /** Subject Id */
            subject_id: string;
            /** Unsigned */
            unsigned: string[];
            /** Version */
            version: number;
        };
        /**
         * ConditionOut
         * @description Holds when every named field has one of its values, as text, and one of the categories is
         *     ticked; null `categories` ask for none.
         */
        ConditionOut: {
            /** Categories */
            categories: string[] | null;
            /** Fields */
            fields: {
                [key: string]: string[];
            };
        };
        /**
         * DateBoundOut
         * @description The date lies within bounds.
         */
        DateBoundOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "date-bound";
            parameters: components["schemas"]["BoundsOut"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
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
         * DepartmentOut
         * @description A department and what it does; in mode `blind` its data stay with it.
         */
        DepartmentOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Id */
            id: string;
            /** Level */
            level: string;
            /** Mode */
            mode: string;
            /** Tasks */
            tasks: string[];
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
         * Ending
         * @description What may be recorded about a person beside a record; `reopened` takes any of them back.
         * @enum {string}
         */
        Ending: "declined" | "moved_out" | "dead_before" | "dead_after" | "ineligible" | "merged" | "reopened";
        /**
         * EndingIn
         * @description An ending, under an id that the client made.
         */
        EndingIn: {
            /** Change Id */
            change_id: string;
            /** Date */
            date?: string | null;
            ending: components["schemas"]["Ending"];
            /** Merged Into */
            merged_into?: string | null;
            /** Note */
            note?: string | null;
            /** To Village */
            to_village?: string | null;
            /** Village */
            village: string;
        };
        /**
         * EntryOut
         * @description One line of a village's balance.
         */
        EntryOut: {
            origin: components["schemas"]["Origin"];
            state: components["schemas"]["SubjectState"];
            /** Village */
            village: string;
        };
        /**
         * EvidenceOut
         * @description Answer to an evidence packet, after commit.
         */
        EvidenceOut: {
            /** Packet Id */
            packet_id: string;
            /** Receipts */
            receipts: components["schemas"]["PieceReceiptOut"][];
        };
        /**
         * ExcludesOut
         * @description Whoever has one category has none of others.
         */
        ExcludesOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "excludes";
            parameters: components["schemas"]["IfOfOut"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
        };
        /**
         * FieldOut
         * @description A field of the form. `categories` may have it and `required` must fill it; `options` are the
         *     values of a code, choice or choices; `min` and `max` bound a number, `max_length` a text, in
         *     signs; an `address` may begin with the names of areas; `papers` show it, the likeliest first;
         *     `practice` says that no notice asks for it; `departments` may be asked about it.
         */
        FieldOut: {
            /** Address */
            address: boolean;
            /** Categories */
            categories: string[];
            /** Cite */
            cite: string | null;
            /** Departments */
            departments: string[];
            /** En */
            en: string;
            /** Id */
            id: string;
            /** Matter */
            matter: string | null;
            /** Max */
            max: number | null;
            /** Max Length */
            max_length: number;
            /** Min */
            min: number | null;
            /** Options */
            options: components["schemas"]["LabelOut"][];
            /** Papers */
            papers: string[];
            /** Practice */
            practice: boolean;
            /** Required */
            required: string[];
            /** Section */
            section: string;
            /**
             * Sensitivity
             * @enum {string}
             */
            sensitivity: "open" | "personal" | "sensitive";
            /**
             * Type
             * @enum {string}
             */
            type: "text" | "date" | "partial_date" | "code" | "choice" | "choices" | "area" | "integer" | "decimal" | "boolean" | "resident_number" | "phone";
            /** Zh */
            zh: string;
        };
        /**
         * FindingOut
         * @description What is said of a value or record that no rule of the profile speaks of. `{zh}` and `{en}`
         *     stand for the label of the field or paper; the English sentence then begins with a capital.
         */
        FindingOut: {
            /** En */
            en: string;
            /** Rule */
            rule: string;
            /** Zh */
            zh: string;
        };
        /**
         * FirstOut
         * @description The field that is not later than the rule's own.
         */
        FirstOut: {
            /** First */
            first: string;
        };
        /** HTTPValidationError */
        HTTPValidationError: {
            /** Detail */
            detail?: components["schemas"]["ValidationError"][];
        };
        /**
         * IfOfOut
         * @description Whoever has one of `if` needs one of `of`, or has none.
         */
        IfOfOut: {
            /** If */
            if: string[];
            /** Of */
            of: string[];
        };
        /**
         * ImportOut
         * @description How far an import is: running, finished, or stopped where the file cannot be read on.
         */
        ImportOut: {
            /** Added */
            added: number;
            /** Area */
            area: string;
            /** Finished At */
            finished_at: string | null;
            /** Import Id */
            import_id: string;
            origin: components["schemas"]["Origin"];
            /** Reasons */
            reasons: components["schemas"]["ReasonOut"][];
            /** Refused */
            refused: number;
            /** Rows Done */
            rows_done: number;
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            /** State */
            state: string;
            /** Unchanged */
            unchanged: number;
            /** Updated */
            updated: number;
            /** Warned */
            warned: number;
        };
        /**
         * ImportRowsOut
         * @description A page of rows; `next` is what to send as `after`, null at the end.
         */
        ImportRowsOut: {
            /** Columns */
            columns: components["schemas"]["ColumnOut"][];
            /** Next */
            next: number | null;
            /** Rows */
            rows: components["schemas"]["RefusedRowOut"][];
        };
        /**
         * ImportsOut
         * @description A page of imports; `next` is what to send as `after`, null at the end.
         */
        ImportsOut: {
            /** Imports */
            imports: components["schemas"]["ImportOut"][];
            /** Next */
            next: string | null;
        };
        /**
         * KnownAreaCodeOut
         * @description The resident number begins with a code that was a county's at some time.
         */
        KnownAreaCodeOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "known-area-code";
            parameters: components["schemas"]["NoParameters"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
        };
        /**
         * LabelOut
         * @description A thing of the profile, and its names.
         */
        LabelOut: {
            /** En */
            en: string;
            /** Id */
            id: string;
            /** Zh */
            zh: string;
        };
        /**
         * LedgerOut
         * @description Capture's own counts, by village that has anybody.
         */
        LedgerOut: {
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            /** Villages */
            villages: {
                [key: string]: components["schemas"]["VillageOut"];
            };
        };
        /**
         * ListedOut
         * @description A person on a list; `absence` is why somebody not yet collected could not be met.
         */
        ListedOut: {
            absence?: components["schemas"]["AbsenceOut"] | null;
            /** Name */
            name: string | null;
            origin: components["schemas"]["Origin"];
            /** Subject Id */
            subject_id: string;
            /** Village */
            village: string;
        };
        /**
         * LookupIn
         * @description Exactly one of the two.
         */
        LookupIn: {
            /** Resident Number */
            resident_number?: string | null;
            /** Subject Id */
            subject_id?: string | null;
        };
        /**
         * LookupOut
         * @description `elsewhere`: known in an area outside the caller's grant; then only id and version are
         *     given, which a record needs when the household has moved here.
         */
        LookupOut: {
            baseline?: components["schemas"]["Prefill"] | null;
            /**
             * Elsewhere
             * @default false
             */
            elsewhere?: boolean;
            /**
             * Entries
             * @default []
             */
            entries?: components["schemas"]["EntryOut"][];
            /** Known */
            known: boolean;
            /** Merged Into */
            merged_into?: string | null;
            /** Record */
            record?: {
                [key: string]: unknown;
            } | null;
            review?: components["schemas"]["ReviewOut"] | null;
            /**
             * Revision
             * @default 0
             */
            revision?: number;
            /** Subject Id */
            subject_id?: string | null;
            /**
             * Version
             * @default 0
             */
            version?: number;
        };
        /**
         * MatchesNumberOut
         * @description The value is what the resident number says.
         */
        MatchesNumberOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "matches-number";
            parameters: components["schemas"]["NumberPartOut"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
        };
        /**
         * MaxSpanOut
         * @description Less than so many years after the field `since`.
         */
        MaxSpanOut: {
            /** Since */
            since: string;
            /** Years */
            years: number;
        };
        /**
         * MaxSpanRuleOut
         * @description The date lies less than some years after another.
         */
        MaxSpanRuleOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "max-span";
            parameters: components["schemas"]["MaxSpanOut"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
        };
        /**
         * MinAgeOut
         * @description At least so many years after the field `birth`.
         */
        MinAgeOut: {
            /** Birth */
            birth: string;
            /** Years */
            years: number;
        };
        /**
         * MinAgeRuleOut
         * @description The date lies some years after a birth.
         */
        MinAgeRuleOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "min-age";
            parameters: components["schemas"]["MinAgeOut"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
        };
        /**
         * MustBeOut
         * @description The field has one of these values.
         */
        MustBeOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "must-be";
            parameters: components["schemas"]["ValuesOut"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
        };
        /**
         * NeedOut
         * @description One of the papers `one_of` must be shown by those categories, unless a condition frees.
         */
        NeedOut: {
            /** Categories */
            categories: string[];
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Id */
            id: string;
            /** One Of */
            one_of: string[];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
        };
        /**
         * NeedsOneOfOut
         * @description Whoever has one category needs one of others.
         */
        NeedsOneOfOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "needs-one-of";
            parameters: components["schemas"]["IfOfOut"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
        };
        /**
         * NoParameters
         * @description For a kind that needs its field only.
         */
        NoParameters: Record<string, never>;
        /**
         * NotAfterOut
         * @description Another date is not later than this one.
         */
        NotAfterOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "not-after";
            parameters: components["schemas"]["FirstOut"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
        };
        /**
         * NotInFutureOut
         * @description The date is not later than today.
         */
        NotInFutureOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "not-in-future";
            parameters: components["schemas"]["NoParameters"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
        };
        /**
         * NotedOut
         * @description What stands now of a person.
         */
        NotedOut: {
            absence: components["schemas"]["AbsenceOut"] | null;
            /** Subject Id */
            subject_id: string;
        };
        /**
         * NumberFormOut
         * @description The resident number is of none of these forms.
         */
        NumberFormOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "number-form";
            parameters: components["schemas"]["NumberFormsOut"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
        };
        /**
         * NumberFormsOut
         * @description Forms of resident numbers that the rule speaks of.
         */
        NumberFormsOut: {
            /** Forms */
            forms: ("18" | "15" | "permit" | "foreigner")[];
        };
        /**
         * NumberPartOut
         * @description What the resident number in the field `number` says.
         */
        NumberPartOut: {
            /** Number */
            number: string;
            /**
             * Part
             * @enum {string}
             */
            part: "birth" | "sex";
        };
        /**
         * OfOut
         * @description Categories, of which at most one.
         */
        OfOut: {
            /** Of */
            of: string[];
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
         * OpenedCandidateOut
         * @description What the department says of somebody who could not be entered.
         */
        OpenedCandidateOut: {
            /** Candidate Id */
            candidate_id: string;
            /** Fields */
            fields: {
                [key: string]: string | number | boolean | string[];
            };
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
         * PeopleOut
         * @description A page of persons; `next` is what to send as `after`, null at the end.
         */
        PeopleOut: {
            /** Next */
            next: string | null;
            /** People */
            people: components["schemas"]["ListedOut"][];
        };
        /**
         * PersonIn
         * @description A person of a village roster, or one whom a department or a move brings (C19).
         */
        PersonIn: {
            /**
             * Categories
             * @default []
             */
            categories?: string[];
            /**
             * Fields
             * @default {}
             */
            fields?: {
                [key: string]: string | number | boolean | string[];
            };
            /** Name */
            name: string;
            origin: components["schemas"]["Origin"];
            /** Resident Number */
            resident_number?: string | null;
            /** Subject Id */
            subject_id: string;
            /** Village */
            village: string;
        };
        /**
         * PersonOut
         * @description `created` is false when the id or the number was known; `subject_id` is then whose.
         */
        PersonOut: {
            /** Created */
            created: boolean;
            /** Subject Id */
            subject_id: string;
        };
        /**
         * PhaseOut
         * @description A phase of the campaign and its last day.
         */
        PhaseOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Id */
            id: string;
            /**
             * Until
             * Format: date
             */
            until: string;
            /** Zh */
            zh: string;
        };
        /**
         * PieceReceiptOut
         * @description How one piece of evidence went: stored, known or refused.
         */
        PieceReceiptOut: {
            /** Digest */
            digest: string | null;
            /** Index */
            index: number;
            /** Reasons */
            reasons: components["schemas"]["ReasonOut"][];
            /** Status */
            status: string;
            /** Subject Id */
            subject_id: string | null;
        };
        /**
         * Prefill
         * @description What was known before collection.
         */
        Prefill: {
            /** Categories */
            categories: string[];
            /** Fields */
            fields: {
                [key: string]: string | number | boolean | string[];
            };
        };
        /**
         * ProfileOut
         * @description The campaign's form in words, and all that is needed to draw it and to check a record.
         *
         *     `areas_on` is the day whose area codes are used. `collected_where` is the place where a person
         *     is collected, in Chinese; `groups` are category ids by group; `source` is the notice that it was
         *     made from, and `cite` its line.
         */
        ProfileOut: {
            /** Area */
            area: string;
            /**
             * Areas On
             * Format: date
             */
            areas_on: string;
            benefits_notice: components["schemas"]["Words"];
            cadence: components["schemas"]["CadenceOut"];
            /** Categories */
            categories: components["schemas"]["CategoryOut"][];
            /** Collected Where */
            collected_where: string;
            /** Departments */
            departments: components["schemas"]["DepartmentOut"][];
            /** En */
            en: string;
            /** Evidence */
            evidence: components["schemas"]["NeedOut"][];
            /** Fields */
            fields: components["schemas"]["FieldOut"][];
            /** Findings */
            findings: components["schemas"]["FindingOut"][];
            /** Form Version */
            form_version: string;
            /** Groups */
            groups: {
                [key: string]: string[];
            };
            /** Id */
            id: string;
            /** Papers */
            papers: components["schemas"]["LabelOut"][];
            /** Phases */
            phases: components["schemas"]["PhaseOut"][];
            /** Review Desks */
            review_desks: components["schemas"]["LabelOut"][];
            /** Rules */
            rules: (components["schemas"]["AtMostOneOut"] | components["schemas"]["NeedsOneOfOut"] | components["schemas"]["ExcludesOut"] | components["schemas"]["NotAfterOut"] | components["schemas"]["NotInFutureOut"] | components["schemas"]["DateBoundOut"] | components["schemas"]["MinAgeRuleOut"] | components["schemas"]["MaxSpanRuleOut"] | components["schemas"]["MatchesNumberOut"] | components["schemas"]["KnownAreaCodeOut"] | components["schemas"]["NumberFormOut"] | components["schemas"]["RequiredWhenOut"] | components["schemas"]["MustBeOut"])[];
            /** Sections */
            sections: components["schemas"]["LabelOut"][];
            /** Source */
            source: string;
            /**
             * Standard Time
             * Format: date
             */
            standard_time: string;
            voluntary_decline: components["schemas"]["Words"];
            /** Zh */
            zh: string;
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
         * ReasonIn
         * @description Why somebody's data are opened; kept in the audit trail, so it holds no number.
         */
        ReasonIn: {
            /** Reason */
            reason: string;
        };
        /**
         * ReasonOut
         * @description Why something was refused or doubted; never the value itself.
         */
        ReasonOut: {
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Rule */
            rule: string;
            severity: components["schemas"]["Severity"];
            /** Zh */
            zh: string;
        };
        /**
         * ReceiptOut
         * @description How one record went: accepted, refused or duplicate. A client deletes what is accepted or
         *     a duplicate, and nothing else.
         */
        ReceiptOut: {
            /** Existing Subject Id */
            existing_subject_id: string | null;
            /** Index */
            index: number;
            /** Reasons */
            reasons: components["schemas"]["ReasonOut"][];
            /** Record Id */
            record_id: string | null;
            /** Status */
            status: string;
            /** Subject Id */
            subject_id: string | null;
            /** Version */
            version: number | null;
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
         * RefusalOut
         * @description A row or record that was refused or doubted.
         */
        RefusalOut: {
            /** Area */
            area: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Import Id */
            import_id: string | null;
            /** Packet Id */
            packet_id: string | null;
            /** Reasons */
            reasons: components["schemas"]["ReasonOut"][];
            /** Record Id */
            record_id: string | null;
            /** Row Id */
            row_id: string;
            /** Row Number */
            row_number: number | null;
            /** Settled At */
            settled_at: string | null;
            /** Settled By */
            settled_by: string | null;
            severity: components["schemas"]["Severity"];
            /** Subject Id */
            subject_id: string | null;
        };
        /**
         * RefusalsOut
         * @description A page of refusals; `next` is what to send as `after`, null at the end.
         */
        RefusalsOut: {
            /** Next */
            next: string | null;
            /** Refusals */
            refusals: components["schemas"]["RefusalOut"][];
        };
        /**
         * RefusedRowOut
         * @description A row of a file, numbered as a spreadsheet does. `cells` are as many as the columns; null for
         *     a row that was taken in with a doubt, whose content is the person's now.
         */
        RefusedRowOut: {
            /** Cells */
            cells: string[] | null;
            /** Reasons */
            reasons: components["schemas"]["ReasonOut"][];
            /** Row Id */
            row_id: string;
            /** Row Number */
            row_number: number;
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
         * RequiredWhenOut
         * @description The field has a value.
         */
        RequiredWhenOut: {
            /** Cite */
            cite: string | null;
            /** En */
            en: string;
            /** Field */
            field: string;
            /** Id */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "required-when";
            parameters: components["schemas"]["NoParameters"];
            severity: components["schemas"]["Severity"];
            unless: components["schemas"]["ConditionOut"] | null;
            when: components["schemas"]["ConditionOut"] | null;
            /** Zh */
            zh: string;
        };
        /**
         * ReturnReasonOut
         * @description One reason for which a reviewer sent a record back: its code and the list's words for it, the
         *     field it is about if any (or `categories`, `evidence`, `record`), own words if any.
         */
        ReturnReasonOut: {
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
         * ReturnedItem
         * @description A record that came back.
         */
        ReturnedItem: {
            /** Name */
            name: string | null;
            /** Reasons */
            reasons: components["schemas"]["ReturnReasonOut"][];
            /** Record Id */
            record_id: string;
            /** Returned At */
            returned_at: string | null;
            /** Subject Id */
            subject_id: string;
            /** Version */
            version: number;
            /** Village */
            village: string;
        };
        /**
         * ReturnedOut
         * @description A page of records that came back.
         */
        ReturnedOut: {
            /** Next */
            next: string | null;
            /** Returned */
            returned: components["schemas"]["ReturnedItem"][];
        };
        /**
         * ReviewOut
         * @description How the newest record stands with the reviewer.
         */
        ReviewOut: {
            /** Reasons */
            reasons: components["schemas"]["ReturnReasonOut"][];
            state: components["schemas"]["ReviewState"];
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
         * SettledOut
         * @description What became of a candidate: registered, known or dismissed, and who they are.
         */
        SettledOut: {
            /** Candidate Id */
            candidate_id: string;
            /** Outcome */
            outcome: string;
            /** Subject Id */
            subject_id: string | null;
        };
        /**
         * SettlementIn
         * @description Village and number as they were found out; or else `dismissed`, the reason why there is
         *     nobody to enter.
         */
        SettlementIn: {
            /** Dismissed */
            dismissed?: string | null;
            /** Resident Number */
            resident_number?: string | null;
            /** Village */
            village?: string | null;
        };
        /**
         * Severity
         * @description `refuse` keeps a value out (R69); `warn` lets it in and asks for follow-up (R70, C17).
         * @enum {string}
         */
        Severity: "refuse" | "warn";
        /**
         * StandingOut
         * @description Where a person stands.
         */
        StandingOut: {
            /** Entries */
            entries: components["schemas"]["EntryOut"][];
            /** Revision */
            revision: number;
            /** Subject Id */
            subject_id: string;
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
        /**
         * UploadOut
         * @description Answer to an upload packet, after commit.
         */
        UploadOut: {
            /** Accepted */
            accepted: number;
            /** Packet Id */
            packet_id: string;
            /** Receipts */
            receipts: components["schemas"]["ReceiptOut"][];
            /** Refused */
            refused: number;
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
         * ValuesOut
         * @description Allowed values, as text; whether a field without a value breaks the rule.
         */
        ValuesOut: {
            /** Absent Fails */
            absent_fails: boolean;
            /** Values */
            values: string[];
        };
        /**
         * VillageOut
         * @description Both sides of one village's balance.
         */
        VillageOut: {
            /** Origins */
            origins: {
                [key: string]: number;
            };
            /** States */
            states: {
                [key: string]: number;
            };
        };
        /**
         * Words
         * @description A sentence in both languages.
         */
        Words: {
            /** En */
            en: string;
            /** Zh */
            zh: string;
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
    get_areas_areas_get: {
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
                    "application/json": components["schemas"]["AreasOut"];
                };
            };
        };
    };
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
    waiting_candidates_get: {
        parameters: {
            query: {
                area: string;
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
                    "application/json": components["schemas"]["CandidatesOut"];
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
    open_candidate_candidates__candidate_id__open_post: {
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
                "application/json": components["schemas"]["ReasonIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenedCandidateOut"];
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
    settle_candidates__candidate_id__settlement_post: {
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
                "application/json": components["schemas"]["SettlementIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettledOut"];
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
    post_evidence_evidence_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Compact JWE (ECDH-ES, A256GCM) of a compact JWS (ES256). */
        requestBody: {
            content: {
                "application/jose": string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EvidenceOut"];
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
    get_imports_imports_get: {
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
                    "application/json": components["schemas"]["ImportsOut"];
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
    post_import_imports_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    area?: string;
                    /** Format: binary */
                    file: string;
                    /** Format: uuid */
                    import_id?: string;
                    /** @enum {string} */
                    kind?: "baseline" | "roster";
                };
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportOut"];
                };
            };
        };
    };
    get_import_imports__import_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                import_id: string;
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
                    "application/json": components["schemas"]["ImportOut"];
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
    get_refusals_imports__import_id__refusals_get: {
        parameters: {
            query?: {
                after?: number;
                limit?: number;
            };
            header?: never;
            path: {
                import_id: string;
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
                    "application/json": components["schemas"]["RefusalsOut"];
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
    get_refused_rows_imports__import_id__refusals_xlsx_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                import_id: string;
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
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
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
    get_rows_imports__import_id__rows_get: {
        parameters: {
            query?: {
                severity?: components["schemas"]["Severity"];
                after?: number;
                limit?: number;
            };
            header?: never;
            path: {
                import_id: string;
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
                    "application/json": components["schemas"]["ImportRowsOut"];
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
    ledger_ledger_get: {
        parameters: {
            query: {
                area: string;
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
                    "application/json": components["schemas"]["LedgerOut"];
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
    packet_key_packet_key_get: {
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
    get_profile_profile_get: {
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
                    "application/json": components["schemas"]["ProfileOut"];
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
    refusals_refusals_get: {
        parameters: {
            query: {
                area: string;
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
                    "application/json": components["schemas"]["RefusalsOut"];
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
    returned_returned_get: {
        parameters: {
            query: {
                area: string;
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
                    "application/json": components["schemas"]["ReturnedOut"];
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
    people_subjects_get: {
        parameters: {
            query: {
                area: string;
                state?: components["schemas"]["SubjectState"];
                origin?: components["schemas"]["Origin"] | null;
                review?: components["schemas"]["ReviewState"] | null;
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
                    "application/json": components["schemas"]["PeopleOut"];
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
    enter_subjects_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PersonIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
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
    look_up_subjects_lookup_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LookupIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LookupOut"];
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
    note_absence_subjects__subject_id__absence_post: {
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
                "application/json": components["schemas"]["AbsenceIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotedOut"];
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
    complete_subjects__subject_id__completion_post: {
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
                "application/json": components["schemas"]["CompletionIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompletionOut"];
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
    end_subjects__subject_id__ending_post: {
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
                "application/json": components["schemas"]["EndingIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StandingOut"];
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
    show_evidence_subjects__subject_id__evidence__digest__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject_id: string;
                digest: string;
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
                    "application/pdf": unknown;
                    "image/jpeg": unknown;
                    "image/png": unknown;
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
    post_upload_uploads_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Compact JWE (ECDH-ES, A256GCM) of a compact JWS (ES256). */
        requestBody: {
            content: {
                "application/jose": string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadOut"];
                };
            };
        };
    };
}
