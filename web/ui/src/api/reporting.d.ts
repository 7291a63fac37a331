// Made by `npm run api` from web/api/reporting.json; never edited by hand.
// document 1f37824af5e4dd4db1d1607c76a922a07e5c07f867d3d16b2570a55347fe0214
// types 8d0b65bd4759c378cb24f8f50e7a088040d82c32330864888b67a30cee9ec838

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
    "/categories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Categories
         * @description Collected people by category; opens sealed categories, and so is audited (R84, R100).
         */
        get: operations["get_categories_categories_get"];
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
    "/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Devices
         * @description Terminals at and below the area: their readers, what waits, when they were heard (R60).
         */
        get: operations["get_devices_devices_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Events
         * @description News of an area as a stream: that its figures changed, and the pulse where it did. No figure
         *     but the pulse, and nobody, is in it. At most one message in 5 seconds, at least one in 15; each
         *     is a `Live`. It ends with the token, with the grant, when the service stops, and by itself after
         *     some minutes: who follows opens it again.
         */
        get: operations["get_events_events_get"];
        put?: never;
        post?: never;
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
    "/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get History
         * @description How the area stood at the end of each day, by the campaign's clock; of today, when it was
         *     counted last. By default the last 60 days. A day before the first count is not there.
         */
        get: operations["get_history_history_get"];
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
         * Get Ledger
         * @description The balance of every area of that level at or below ``area`` (design section 5, rule 8).
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
    "/problems": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Problems
         * @description Work orders of the area and of each area directly below it: open ones by kind and age, and
         *     how many are closed (R2, R75, R76).
         */
        get: operations["get_problems_problems_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Progress
         * @description How far the area and each area directly below it are, and who owes an upload (R68).
         */
        get: operations["get_progress_progress_get"];
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
    "/pulse": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Pulse
         * @description Facts of the last minutes by county and kind; what Redis lost is simply not there.
         */
        get: operations["get_pulse_pulse_get"];
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
    "/waiting": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Waiting
         * @description Of the area and each area directly below it: how long records wait for review or for being
         *     mended, how long ago units uploaded (R68), how many people's records went back (R70) and are
         *     flagged (R58).
         */
        get: operations["get_waiting_waiting_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workbook": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Workbook
         * @description The balance, progress, waiting and problems of the area and of each area directly below it,
         *     its days and who owes an upload, as .xlsx in both languages. Counts only; the profile's notice
         *     stands on every sheet. Categories are counted when they are asked for: that opens sealed data,
         *     and is audited (R84, R100).
         */
        get: operations["get_workbook_workbook_get"];
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
         * AreaCounts
         * @description Both sides of the balance of one area, all counted.
         */
        AreaCounts: {
            /** Balanced */
            balanced: boolean;
            level: components["schemas"]["AreaLevel"];
            /** Name */
            name: string;
            /** Origins */
            origins: {
                [key: string]: number;
            };
            /** Review */
            review: {
                [key: string]: number;
            };
            /** States */
            states: {
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
         * AreaProblems
         * @description The work orders of one area, together and by kind.
         */
        AreaProblems: {
            /** Ages */
            ages: {
                [key: string]: number;
            };
            /** Closed */
            closed: number;
            /** Kinds */
            kinds: {
                [key: string]: components["schemas"]["ProblemCounts"];
            };
            level: components["schemas"]["AreaLevel"];
            /** Name */
            name: string;
            /** Open */
            open: number;
        };
        /**
         * AreaProgress
         * @description How far one area is. ``overdue`` are the townships (or zones without any) that owe an
         *     upload; of a village it is empty, because its township uploads for it.
         */
        AreaProgress: {
            /** Accepted */
            accepted: number;
            /** Collected */
            collected: number;
            /** Coverage */
            coverage: number | null;
            /** Endings */
            endings: {
                [key: string]: number;
            };
            /** Expected */
            expected: number;
            /** Last Upload */
            last_upload: string | null;
            level: components["schemas"]["AreaLevel"];
            /** Name */
            name: string;
            /** Open */
            open: number;
            /** Overdue */
            overdue: string[];
            /** Problems Open */
            problems_open: number;
            /** Refused */
            refused: number;
            /** Returned */
            returned: number;
            /** Submitted */
            submitted: number;
            /** Verified */
            verified: number;
            /** Verified Ratio */
            verified_ratio: number | null;
        };
        /**
         * AreaWaiting
         * @description What waits in an area. ``submitted`` and ``returned`` are people by how long their record
         *     waits for review or for being mended, ``units`` are townships (or zones without any) by how
         *     long ago they uploaded last; of those that never did it is unknown. ``flagged`` are people whose
         *     card reading or signature the terminal does not attest, by how their review stands.
         */
        AreaWaiting: {
            /** Accepted */
            accepted: number;
            /** Flagged */
            flagged: {
                [key: string]: number;
            };
            level: components["schemas"]["AreaLevel"];
            /** Name */
            name: string;
            /** Refused */
            refused: number;
            /** Returned */
            returned: {
                [key: string]: number;
            };
            /** Returned Once */
            returned_once: number;
            /** Reviewed */
            reviewed: number;
            /** Submitted */
            submitted: {
                [key: string]: number;
            };
            /** Units */
            units: {
                [key: string]: number;
            };
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
         * CadenceAnswer
         * @description How often a township uploads (R68).
         */
        CadenceAnswer: {
            /** Days */
            days: number;
            /** En */
            en: string;
            /** Zh */
            zh: string;
        };
        /**
         * CategoriesAnswer
         * @description Collected people by area and category; a person of two categories counts in both.
         */
        CategoriesAnswer: {
            /** Areas */
            areas: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            level: components["schemas"]["AreaLevel"];
            /** Total */
            total: {
                [key: string]: number;
            };
        };
        /**
         * DayAnswer
         * @description How an area stood when that day was counted last, at ``at``. Expected = submitted + returned
         *     + verified + ended + open; ``problems`` are open work orders.
         */
        DayAnswer: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Day
             * Format: date
             */
            day: string;
            /** Ended */
            ended: number;
            /** Expected */
            expected: number;
            /** Open */
            open: number;
            /** Problems */
            problems: number;
            /** Returned */
            returned: number;
            /** Submitted */
            submitted: number;
            /** Verified */
            verified: number;
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
         * Device
         * @description One terminal. Of each reader ``ready``, or the rule that says why not; ``waiting`` are the
         *     events that waited in its spool at ``at``, by its own clock; ``last_heard`` is by ours, of a
         *     status or an upload.
         */
        Device: {
            /** Area */
            area: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Last Heard
             * Format: date-time
             */
            last_heard: string;
            /** Name */
            name: string;
            /** Readers */
            readers: {
                [key: string]: string;
            };
            /** Software */
            software: string;
            /** Terminal Id */
            terminal_id: string;
            /** Waiting */
            waiting: number;
        };
        /**
         * DevicesAnswer
         * @description The terminals at and below an area of which anything was heard, by area.
         */
        DevicesAnswer: {
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            /** Code */
            code: string;
            /** Devices */
            devices: components["schemas"]["Device"][];
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
         * Discrepancy
         * @description Kinds of work orders: what contradicts (problem data), what is absent (missing data).
         * @enum {string}
         */
        Discrepancy: "field_mismatch" | "missing_field" | "missed_subject" | "duplicate" | "moved" | "dead";
        /** HTTPValidationError */
        HTTPValidationError: {
            /** Detail */
            detail?: components["schemas"]["ValidationError"][];
        };
        /**
         * HistoryAnswer
         * @description The days of an area; ``first`` is the first day that was counted anywhere, if any.
         */
        HistoryAnswer: {
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            /** Code */
            code: string;
            /** Days */
            days: components["schemas"]["DayAnswer"][];
            /** First */
            first: string | null;
            level: components["schemas"]["AreaLevel"];
            /** Name */
            name: string;
        };
        /**
         * LedgerAnswer
         * @description The balance by area of one level, and of all of them together.
         */
        LedgerAnswer: {
            /** Areas */
            areas: {
                [key: string]: components["schemas"]["AreaCounts"];
            };
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            level: components["schemas"]["AreaLevel"];
            total: components["schemas"]["AreaCounts"];
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
         * ProblemCounts
         * @description Work orders: how many are open, by age, and how many are closed.
         */
        ProblemCounts: {
            /** Ages */
            ages: {
                [key: string]: number;
            };
            /** Closed */
            closed: number;
            /** Open */
            open: number;
        };
        /**
         * ProblemsAnswer
         * @description Problems of one area and of each area directly below it; ``ages`` says how they count.
         */
        ProblemsAnswer: {
            ages: components["schemas"]["Words"];
            area: components["schemas"]["AreaProblems"];
            /** Areas */
            areas: {
                [key: string]: components["schemas"]["AreaProblems"];
            };
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            /** Code */
            code: string;
        };
        /**
         * ProgressAnswer
         * @description Progress of one area and of each area directly below it.
         */
        ProgressAnswer: {
            area: components["schemas"]["AreaProgress"];
            /** Areas */
            areas: {
                [key: string]: components["schemas"]["AreaProgress"];
            };
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            cadence: components["schemas"]["CadenceAnswer"];
            /** Code */
            code: string;
            /** Formulas */
            formulas: {
                [key: string]: components["schemas"]["Words"];
            };
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
         * PulseAnswer
         * @description The last minutes. ``note`` says so when there is nothing yet, or Redis is away.
         */
        PulseAnswer: {
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            note: components["schemas"]["Words"] | null;
            /** Windows */
            windows: components["schemas"]["PulseWindow"][];
        };
        /**
         * PulseWindow
         * @description Facts within one window, by county and topic.
         */
        PulseWindow: {
            /** Counts */
            counts: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            /** Seconds */
            seconds: number;
            /**
             * Start
             * Format: date-time
             */
            start: string;
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
         * Wait
         * @description How long something has waited, in whole days.
         * @enum {string}
         */
        Wait: "up_to_7_days" | "from_8_to_14_days" | "over_14_days" | "unknown";
        /**
         * WaitingAnswer
         * @description What waits in an area and in each area directly below it.
         */
        WaitingAnswer: {
            area: components["schemas"]["AreaWaiting"];
            /** Areas */
            areas: {
                [key: string]: components["schemas"]["AreaWaiting"];
            };
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            /** Code */
            code: string;
            /** Formulas */
            formulas: {
                [key: string]: components["schemas"]["Words"];
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
    get_categories_categories_get: {
        parameters: {
            query?: {
                /** @description 行政区划代码 / area code */
                area?: string | null;
                level?: "village" | "township" | "county";
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
                    "application/json": components["schemas"]["CategoriesAnswer"];
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
    get_devices_devices_get: {
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
                    "application/json": components["schemas"]["DevicesAnswer"];
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
    get_events_events_get: {
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
                    "text/event-stream": unknown;
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
    get_history_history_get: {
        parameters: {
            query?: {
                /** @description 行政区划代码 / area code */
                area?: string | null;
                /** @description 起 / first day */
                from?: string | null;
                /** @description 止 / last day */
                to?: string | null;
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
                    "application/json": components["schemas"]["HistoryAnswer"];
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
                level?: "village" | "township" | "county";
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
    get_problems_problems_get: {
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
                    "application/json": components["schemas"]["ProblemsAnswer"];
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
    get_progress_progress_get: {
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
                    "application/json": components["schemas"]["ProgressAnswer"];
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
    get_pulse_pulse_get: {
        parameters: {
            query?: {
                minutes?: number;
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
                    "application/json": components["schemas"]["PulseAnswer"];
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
    get_waiting_waiting_get: {
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
                    "application/json": components["schemas"]["WaitingAnswer"];
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
    get_workbook_workbook_get: {
        parameters: {
            query?: {
                /** @description 行政区划代码 / area code */
                area?: string | null;
                /** @description 起 / first day */
                from?: string | null;
                /** @description 止 / last day */
                to?: string | null;
                /** @description 含类别统计 / with categories */
                categories?: boolean;
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
}
