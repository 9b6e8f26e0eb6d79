/// The tables of the first schema, as they were made then: a migration never changes.
enum FirstSchema {
    static let tables = """
        PRAGMA application_id = \(Schema.applicationID);

        CREATE TABLE boot (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE
        ) STRICT;

        CREATE TABLE event (
            sequence INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            kind TEXT NOT NULL,
            priority TEXT NOT NULL,
            protocol ANY NOT NULL,
            port ANY NOT NULL,
            receivedAt INTEGER NOT NULL,
            receivedMonotonic INTEGER NOT NULL,
            restored INTEGER NOT NULL,
            test INTEGER NOT NULL,
            late INTEGER NOT NULL,
            address ANY,
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
            fingerprint INTEGER NOT NULL,
            boot INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE alert (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            state TEXT NOT NULL,
            kind TEXT NOT NULL,
            priority TEXT NOT NULL,
            protocol ANY,
            address ANY,
            port ANY NOT NULL,
            openedAt INTEGER NOT NULL,
            changedAt INTEGER NOT NULL,
            eventCount INTEGER NOT NULL,
            repeatCount INTEGER NOT NULL,
            restored INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE alertEvent (
            alert INTEGER NOT NULL REFERENCES alert (number),
            event INTEGER NOT NULL REFERENCES event (sequence),
            PRIMARY KEY (alert, event)
        ) STRICT, WITHOUT ROWID;

        -- The few that people work on, among all that ever were.
        CREATE INDEX alertOngoing ON alert (number) WHERE state <> 'resolved';
        """
}
