import AlarmModel
import GRDB

/// From rows of events, with alerts beside them, to records in one sealed sequence.
///
/// What was stored is kept to the last value, but for the fingerprints, which nothing compares any
/// more. Who took or ended an alert was not kept, nor when: such an alert gets one change behind
/// all events that says what is known.
enum RecordMigration {
    /// Records of one seal.
    private static let recordsPerSeal = 1_000
    /// Stands for whoever it was.
    private static let somebody = "unknown"

    static func run(_ db: Database) throws {
        try db.execute(sql: setAside)
        try db.execute(sql: tables)
        try db.execute(
            sql: "INSERT INTO ledger (epoch) VALUES (?)", arguments: [Schema.newEpoch()])
        try db.execute(sql: moveAlerts)
        var chain = try moveEvents(db)
        chain = try addChanges(db, behind: chain)
        // A restoral that another wire told counted then.
        let restored = try Int64.fetchAll(db, sql: "SELECT number FROM alert WHERE restored = 1")
        try AlertTable.rebuild(db, restored)
        try db.execute(sql: clearAway)
    }

    /// Event by event, in their order, with digests and seals.
    private static func moveEvents(_ db: Database) throws -> SealChain {
        let count = 38
        let places = [String](repeating: "?, ", count: count).joined()
        let insert = try db.makeStatement(sql: "INSERT INTO event VALUES (\(places)?, ?)")
        var chain = SealChain()
        var digests = DigestWriter()
        let last = try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM oldEvent") ?? 0
        var sinceSeal = 0
        let rows = try Row.fetchCursor(db, sql: oldEvents)
        while let row = try rows.next() {
            digests.add(row, columns: count)
            let digest = digests.finish(.event)
            chain.add(digest)
            sinceSeal += 1
            let sequence: Int64 = row[0]
            let isSealed = sinceSeal == recordsPerSeal || sequence == last
            if isSealed { sinceSeal = 0 }
            var values = (0..<count).map { row[$0] as DatabaseValue }
            values.append(digest.bytes.databaseBlob)
            values.append(isSealed ? chain.seal().bytes.databaseBlob : .null)
            try insert.execute(arguments: StatementArguments(values))
        }
        return chain
    }

    /// One for each alert that somebody had taken or ended.
    private static func addChanges(
        _ db: Database, behind chain: SealChain
    ) throws -> SealChain {
        var sequence = try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM event") ?? 0
        let boot = try Int64.fetchOne(db, sql: "SELECT max(number) FROM boot") ?? 0
        let taken = try AlertTable.readableAlerts(
            db, where: "state <> 'open' ORDER BY number", []
        ).values
        var changes: [Record] = []
        var random = SystemRandomNumberGenerator()
        for alert in taken {
            sequence += 1
            let draft = ChangeDraft(
                alert.state == .resolved ? .resolved : .acknowledged, by: somebody,
                note: "by whom was not kept before this version")
            let change = Change(
                id: UUIDv7(time: alert.changedAt, random: (random.next(), random.next())),
                sequence: Sequence(rawValue: sequence), alert: alert.reference,
                version: alert.version,
                at: Moment(wall: alert.changedAt, monotonic: MonotonicTime(microseconds: 0)),
                boot: nil, draft: draft)
            changes.append(.change(change))
        }
        guard !changes.isEmpty else { return chain }
        var writer = try RecordWriter(boot: boot, to: db)
        return try writer.store([LedgerEntry(records: changes)], behind: chain)
    }

    /// An event is asked which alert it joined; before, only alerts were asked for their events.
    static let setAside = """
        ALTER TABLE event RENAME TO oldEvent;
        ALTER TABLE alert RENAME TO oldAlert;
        DROP INDEX alertOngoing;
        CREATE INDEX alertOfEvent ON alertEvent (event);
        """

    /// In the order of `EventTable.columns` as they were then.
    static let oldEvents = """
        SELECT event.sequence, event.id, event.kind, event.priority, event.protocol, event.port,
        NULL, NULL, alert.number, event.receivedAt, event.receivedMonotonic, event.restored,
        event.test, event.late, event.address, NULL, event.reportedAt, event.latitudeE7,
        event.longitudeE7, event.positionValid, event.fixedAt, event.accuracyCentimeters,
        event.altitudeCentimeters, event.speedMillimetersPerSecond, event.courseCentidegrees,
        event.code, event.partition, event.zone, event.fence, event.batteryPercent,
        event.signalPercent, event.deviceSerial, event.text, event.heldBit,
        event.heldConditions, event.raw, NULL, event.boot
        FROM oldEvent AS event LEFT JOIN alertEvent ON alertEvent.event = event.sequence
        LEFT JOIN oldAlert ON oldAlert.number = alertEvent.alert
        LEFT JOIN alert ON alert.id = oldAlert.id
        ORDER BY event.sequence
        """

    private static let clearAway = """
        DROP TABLE alertEvent;
        DROP TABLE oldAlert;
        DROP TABLE oldEvent;
        """

    /// An alert is known by the event that opened it, which says who and where.
    static let moveAlerts = """
        INSERT INTO alert
        SELECT event.sequence, old.id,
            old.eventCount + CASE old.state WHEN 'open' THEN 0 ELSE 1 END, old.state,
            CASE old.priority WHEN 'emergency' THEN 0 WHEN 'warning' THEN 2 WHEN 'trouble' THEN 4
                ELSE 6 END + CASE old.state WHEN 'open' THEN 0 ELSE 1 END,
            CASE old.state WHEN 'acknowledged' THEN 'unknown' END,
            CASE old.state WHEN 'acknowledged' THEN old.changedAt END,
            old.kind, old.priority, event.test, event.protocol, event.address, NULL, event.port,
            NULL, NULL, event.partition, event.zone, event.code, event.text, old.openedAt,
            old.changedAt,
            CASE old.state WHEN 'open' THEN NULL ELSE 'unknown' END,
            CASE old.state WHEN 'open' THEN NULL ELSE old.changedAt END,
            NULL, NULL, old.eventCount, old.restored
        FROM oldAlert AS old
        JOIN alertEvent ON alertEvent.alert = old.number
        JOIN oldEvent AS event ON event.sequence = alertEvent.event AND event.id = old.id;
        """

    static let tables = """
        CREATE TABLE ledger (
            epoch TEXT NOT NULL
        ) STRICT;

        CREATE TABLE event (
            sequence INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            kind TEXT NOT NULL,
            priority TEXT NOT NULL,
            protocol ANY NOT NULL,
            port ANY NOT NULL,
            portName ANY,
            peer ANY,
            alert INTEGER,
            receivedAt INTEGER NOT NULL,
            receivedMonotonic INTEGER NOT NULL,
            restored INTEGER NOT NULL,
            test INTEGER NOT NULL,
            late INTEGER NOT NULL,
            address ANY,
            scope ANY,
            reportedAt INTEGER,
            latitudeE7 INTEGER,
            longitudeE7 INTEGER,
            positionValid INTEGER,
            fixedAt INTEGER,
            accuracyCentimeters INTEGER,
            altitudeCentimeters INTEGER,
            speedMillimetersPerSecond INTEGER,
            courseCentidegrees INTEGER,
            code ANY,
            partition INTEGER,
            zone INTEGER,
            fence ANY,
            batteryPercent INTEGER,
            signalPercent INTEGER,
            deviceSerial INTEGER,
            text ANY,
            heldBit INTEGER,
            heldConditions INTEGER,
            raw BLOB,
            count INTEGER,
            boot INTEGER NOT NULL,
            digest BLOB NOT NULL,
            seal BLOB
        ) STRICT;

        CREATE TABLE change (
            sequence INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            kind TEXT NOT NULL,
            alert INTEGER NOT NULL,
            version INTEGER NOT NULL,
            at INTEGER NOT NULL,
            atMonotonic INTEGER NOT NULL,
            "by" ANY NOT NULL,
            note ANY,
            outcome TEXT,
            "until" INTEGER,
            step INTEGER,
            responder ANY,
            stage ANY,
            boot INTEGER NOT NULL,
            digest BLOB NOT NULL,
            seal BLOB
        ) STRICT;

        CREATE TABLE alert (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            version INTEGER NOT NULL,
            state TEXT NOT NULL,
            rank INTEGER NOT NULL,
            owner ANY,
            ownedSince INTEGER,
            kind TEXT NOT NULL,
            priority TEXT NOT NULL,
            test INTEGER NOT NULL,
            protocol ANY NOT NULL,
            address ANY,
            scope ANY,
            port ANY NOT NULL,
            portName ANY,
            peer ANY,
            partition INTEGER,
            zone INTEGER,
            code ANY,
            text ANY,
            openedAt INTEGER NOT NULL,
            changedAt INTEGER NOT NULL,
            changedBy ANY,
            firstAnsweredAt INTEGER,
            parkedUntil INTEGER,
            outcome TEXT,
            eventCount INTEGER NOT NULL,
            restored INTEGER NOT NULL
        ) STRICT;

        -- The few that people work on, among all that ever were, in the order of the work.
        CREATE INDEX alertQueue ON alert (rank, number) WHERE state <> 'resolved';
        -- What joined an alert later: the event that opened it is found by its number.
        CREATE INDEX eventOfAlert ON event (alert) WHERE alert <> sequence;
        CREATE INDEX changeOfAlert ON change (alert);
        """
}
