import AlarmModel
import Foundation
import GRDB
import Testing

@testable import StationLedger

@Suite("Auditing a ledger")
struct AuditTests {
    let folder: Folder

    /// 30 commits of one to four records, with three alerts that are worked on.
    init() throws {
        folder = try Folder()
        let ledger = try Ledger.open(folder)
        var random = SeededRandom(seed: 3)
        var last: Int64 = 0
        var alerts: [Alert] = []
        for _ in 1...30 {
            let batch = (0...Int64(random.next() % 4)).map { _ -> LedgerEntry in
                last += 1
                let sequence = Sequence(rawValue: last)
                if alerts.count < 3 {
                    var event = Event.random(sequence, kind: .sos, using: &random)
                    let alert = Alert.opened(by: &event)
                    alerts.append(alert)
                    return .event(event, alert)
                }
                let index = Int(random.next() % 3)
                if random.flag() {
                    let draft = ChangeDraft(.noted, by: "desk 1", note: random.text())
                    return .change(sequence, draft, of: &alerts[index])
                }
                var event = Event.random(sequence, kind: .fall, using: &random)
                event.alert = alerts[index].reference
                alerts[index].join(event)
                return .event(event, alerts[index])
            }
            try ledger.commit(batch)
        }
        ledger.close()
    }

    private func verify(_ seal: LedgerAudit.Seal? = nil) throws -> LedgerAudit.Report {
        try LedgerAudit(path: folder.ledgerPath).verify(against: seal)
    }

    /// What is wrong with the records themselves, whatever that makes of the alerts.
    private func recordFindings(_ seal: LedgerAudit.Seal? = nil) throws -> [LedgerAudit.Finding] {
        try verify(seal).findings.filter { !$0.what.contains("alert") }
    }

    /// As somebody would who has sqlite3 and no scruples.
    private func tamper(_ sql: String) throws {
        let queue = try DatabaseQueue(path: folder.ledgerPath)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// The table in which a record stands.
    private func table(of sequence: Int64) throws -> String {
        let queue = try DatabaseQueue(path: folder.ledgerPath)
        let isEvent = try queue.read {
            try Bool.fetchOne(
                $0, sql: "SELECT EXISTS (SELECT 1 FROM event WHERE sequence = \(sequence))")
        }
        return isEvent == true ? "event" : "change"
    }

    @Test("A ledger that nobody touched verifies, and its newest seal fits")
    func untouched() throws {
        let report = try verify()
        #expect(report.findings == [] && report.first == 1)
        let seal = try #require(report.seal)
        #expect(seal.sequence == report.last && seal.hex.utf8.count == 64)
        #expect(try verify(seal).findings == [])
        #expect(try verify(LedgerAudit.Seal("\(seal.sequence):\(seal.hex)")).findings == [])
    }

    @Test("The chain goes on across a restart")
    func restart() throws {
        let before = try #require(try verify().seal)
        let ledger = try Ledger.open(folder)
        let next = before.sequence.rawValue + 1
        try ledger.commit(entries(next...next + 2))
        ledger.close()
        let report = try verify(before)
        #expect(report.findings == [] && report.last.rawValue == next + 2)
    }

    @Test("A changed value is found in its record, whichever column it stands in")
    func changed() throws {
        let kept = try Data(contentsOf: URL(fileURLWithPath: folder.ledgerPath))
        for sequence in [Int64(2), 9] {
            let table = try table(of: sequence)
            let columns = table == "event" ? EventTable.columns : ChangeTable.columns
            for column in columns where column != "sequence" {
                let other =
                    switch column {
                    case "id": "randomblob(16)"
                    case "priority": "'trouble'"
                    case "kind": table == "event" ? "'flood'" : "'released'"
                    case "raw": "x'00ff'"
                    case "outcome": "'rescue'"
                    case "protocol", "port", "portName", "peer", "address", "code", "fence", "text",
                        "by", "note", "responder", "stage":
                        "'other'"
                    default: "coalesce(\"\(column)\", 0) + 1"
                    }
                try tamper(
                    "UPDATE \"\(table)\" SET \"\(column)\" = \(other) WHERE sequence = \(sequence)")
                let findings = try recordFindings().map(\.description)
                #expect(findings == ["record \(sequence): was changed"], "\(table).\(column)")
                try kept.write(to: URL(fileURLWithPath: folder.ledgerPath))
            }
        }
    }

    @Test("A removed record is found, and so is the seal that was over it")
    func removed() throws {
        let table = try table(of: 7)
        try tamper("DELETE FROM \"\(table)\" WHERE sequence = 7")
        let findings = try recordFindings().map(\.description)
        #expect(findings.first == "record 7: is missing")
        #expect(findings.count == 2 && findings[1].contains("its seal does not fit"))
    }

    @Test("A record that was put in behind the end, or into a gap, does not pass")
    func inserted() throws {
        let last = try verify().last.rawValue
        let columns = EventTable.columns.dropFirst().joined(separator: ", ")
        try tamper(
            """
            INSERT INTO event (sequence, \(columns), digest, seal)
            SELECT \(last + 1), \(columns), digest, seal FROM event WHERE sequence = 2
            """)
        let findings = try verify().findings
        #expect(findings.contains { $0.sequence?.rawValue == last + 1 })
        #expect(findings.contains { $0.what == "was changed" })
    }

    @Test("Records that changed places are both found")
    func reordered() throws {
        try tamper(
            """
            UPDATE event SET sequence = -1 WHERE sequence = 1;
            UPDATE event SET sequence = 1 WHERE sequence = 2;
            UPDATE event SET sequence = 2 WHERE sequence = -1;
            """)
        let findings = try verify().findings.map(\.description)
        #expect(findings.contains("record 1: was changed"))
        #expect(findings.contains("record 2: was changed"))
    }

    @Test("An index that hides an alert is found, and a page that cannot be read is no 'verified'")
    func damagedFile() throws {
        let queue = try DatabaseQueue(path: folder.ledgerPath)
        let page = try queue.writeWithoutTransaction { db in
            let index = "FROM sqlite_schema WHERE name = 'alertQueue'"
            try db.execute(
                sql: """
                    PRAGMA writable_schema = on; CREATE TEMP TABLE kept AS SELECT * \(index);
                    DELETE \(index); PRAGMA writable_schema = reset;
                    UPDATE alert SET rank = rank + 40 WHERE number = 1; PRAGMA writable_schema = on;
                    INSERT INTO sqlite_schema SELECT * FROM kept; PRAGMA writable_schema = off
                    """)
            return try Int.fetchOne(db, sql: "SELECT rootpage FROM temp.kept")
        }
        try queue.close()
        let findings = try verify().findings.map(\.description)
        #expect(findings == ["the file: row 1 missing from index alertQueue"])

        let file = try #require(FileHandle(forUpdatingAtPath: folder.ledgerPath))
        try file.seek(toOffset: UInt64(4_096 * (try #require(page) - 1)))
        try file.write(contentsOf: Data(count: 4_096))
        try file.close()
        do {
            #expect(try !verify().findings.isEmpty)
        } catch let error as LedgerError {
            #expect(error.kind == .corrupt)
        }
    }

    @Test("Somebody who makes the digest fit as well is found by the seal")
    func digestToo() throws {
        try tamper("UPDATE event SET text = 'nothing happened' WHERE sequence = 2")
        let queue = try DatabaseQueue(path: folder.ledgerPath)
        try queue.write { db in
            let columns = EventTable.columns.joined(separator: ", ")
            let row = try #require(
                try Row.fetchOne(db, sql: "SELECT \(columns) FROM event WHERE sequence = 2"))
            var digests = DigestWriter()
            digests.add(row, columns: EventTable.columns.count)
            let digest = digests.finish(.event)
            try db.execute(
                sql: "UPDATE event SET digest = ? WHERE sequence = 2",
                arguments: [digest.bytes.databaseBlob])
        }
        try queue.close()
        let findings = try recordFindings()
        #expect(findings.count == 1 && findings[0].what.contains("its seal does not fit"))
    }

    @Test("An end that was cut off shows against a seal that was kept outside, and only then")
    func cutOff() throws {
        let whole = try verify()
        let outside = try #require(whole.seal)
        let queue = try DatabaseQueue(path: folder.ledgerPath)
        let sealed = try queue.read { db in
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT sequence FROM event WHERE seal IS NOT NULL
                    UNION ALL SELECT sequence FROM change WHERE seal IS NOT NULL ORDER BY 1
                    """)
        }
        try queue.close()
        let kept = sealed[sealed.count - 4]
        try tamper("DELETE FROM event WHERE sequence > \(kept)")
        try tamper("DELETE FROM change WHERE sequence > \(kept)")
        #expect(try recordFindings() == [])
        let findings = try recordFindings(outside).map(\.description)
        #expect(
            findings == [
                "record \(kept + 1): is missing: a seal over \(outside.sequence) was kept outside"
            ])
        #expect(kind { _ = try Ledger.open(folder) } == nil)
        // In the middle of a commit it shows without one, and no daemon goes on from there.
        let broken = kept - 1
        try tamper("DELETE FROM event WHERE sequence > \(broken)")
        try tamper("DELETE FROM change WHERE sequence > \(broken)")
        guard !sealed.contains(broken) else { return }
        #expect(try recordFindings().last?.what.contains("cut off") == true)
        // A station takes presses all the same, and says so.
        let (ledger, recovery) = try Ledger.open(path: folder.ledgerPath, boot: bootID(1))
        #expect(recovery.warnings.contains { $0.contains("have no seal") })
        try ledger.commit(entries(broken + 1...broken + 1))
        ledger.close()
        #expect(try verify(outside).findings.isEmpty == false)
    }

    @Test("A seal of another ledger does not fit, and what is no seal is none")
    func foreignSeal() throws {
        let report = try verify()
        let other = String(repeating: "0", count: 64)
        let findings = try verify(LedgerAudit.Seal("\(report.last):\(other)")).findings
        #expect(findings.count == 1 && findings[0].what.contains("another seal"))
        for text in [
            "", "1", "1:", "1:00", "0:\(other)", "x:\(other)", "1:\(other):2", "-1:\(other)",
        ] {
            #expect(LedgerAudit.Seal(text) == nil, "\(text)")
        }
    }

    @Test("The records of an alert are all of them, in their order")
    func recordsOfAlert() throws {
        let ledger = try Ledger.open(folder)
        defer { ledger.close() }
        let all = try ledger.records(after: 0, limit: 1_000)
        let alert = try #require(try ledger.alerts(states: [.open], limit: 1).first?.alert)
        let expected = all.filter { record in
            (record.event?.alert ?? record.change?.alert)?.id == alert.id
        }
        let found = try #require(
            try LedgerAudit(path: folder.ledgerPath).records(of: alert.id))
        #expect(found.1 == expected && expected.count > 3)
        #expect(try LedgerAudit(path: folder.ledgerPath).records(of: bootID(9)) == nil)
    }

    @Test("Alerts are no more than what their records add up to: made anew, they are the same")
    func rebuilding() throws {
        let before = try Ledger.rebuildAlerts(path: folder.ledgerPath)
        #expect(before.count == 3 && before.changed == 0)
        try tamper("UPDATE alert SET state = 'resolved', version = 99, eventCount = 1")
        let findings = try verify().findings
        #expect(findings.count == 3 && findings.allSatisfy { $0.what.contains("add up to") })
        let after = try Ledger.rebuildAlerts(path: folder.ledgerPath)
        #expect(after.count == 3 && after.changed == 3)
        #expect(try Ledger.rebuildAlerts(path: folder.ledgerPath).changed == 0)
        let slip = folder.path + "/ledgre.sqlite"
        #expect(kind { _ = try Ledger.rebuildAlerts(path: slip) } == .cannotOpen)
        #expect(kind { _ = try LedgerAudit(path: slip) } == .cannotOpen)
        #expect(!FileManager.default.fileExists(atPath: slip))
    }

    @Test("An alert that no Tocsin can have written is found, and made anew, and stops nothing")
    func unreadable() throws {
        try tamper("UPDATE alert SET state = 'asleep' WHERE number = 1")
        #expect(try verify().findings.map(\.sequence) == [1])
        let other = try Ledger.rebuildAlerts(path: folder.ledgerPath)
        #expect(other.count == 3 && other.changed == 1)
        #expect(try verify().findings == [])
        try tamper("DELETE FROM alert")
        #expect(try verify().findings.count == 3)
        #expect(try Ledger.rebuildAlerts(path: folder.ledgerPath).changed == 3)
        #expect(try verify().findings == [])
        // A station starts all the same, works on it, and says so.
        try tamper("DELETE FROM alert WHERE number = 1")
        let (mended, gone) = try Ledger.open(path: folder.ledgerPath, boot: nil)
        mended.close()
        #expect(gone.ongoingAlerts.map(\.reference.opened).contains(1))
        #expect(gone.warnings.count == 1 && gone.warnings[0].hasPrefix("1 alerts"))
        try tamper("UPDATE alert SET kind = 'nothing' WHERE number = 1")
        let (ledger, recovery) = try Ledger.open(path: folder.ledgerPath, boot: nil)
        ledger.close()
        #expect(recovery.ongoingAlerts.map(\.reference.opened).contains(1))
        #expect(recovery.warnings.count == 1 && recovery.warnings[0].hasPrefix("1 alerts"))
        #expect(try verify().findings == [])
    }

    @Test("An alert that can be read is not made anew from fewer records than it had")
    func keptAlert() throws {
        let newest = "SELECT max(sequence) FROM event WHERE alert = 1 AND sequence <> 1"
        try tamper("UPDATE event SET kind = 'nothing' WHERE sequence = (\(newest))")
        let outcome = try Ledger.rebuildAlerts(path: folder.ledgerPath)
        #expect(outcome.count == 3 && outcome.changed == 0)
    }

    /// A station that moved the whole ledger aside for one of these would forget every alert.
    @Test(
        "One damaged value hides no other alert and no other record",
        arguments: [
            "UPDATE event SET kind = 'nothing' WHERE sequence = 1",
            "UPDATE event SET kind = 'nothing' WHERE sequence = 1; "
                + "UPDATE alert SET state = 'asleep' WHERE number = 1",
            "UPDATE event SET kind = 'nothing' WHERE sequence = 1; "
                + "DELETE FROM alert WHERE number = 1",
            """
            UPDATE event SET kind = 'nothing' WHERE sequence = (
                SELECT max(sequence) FROM event WHERE alert = 1 AND sequence <> 1);
            UPDATE alert SET state = 'asleep' WHERE number = 1
            """,
            """
            UPDATE change SET kind = 'nothing' WHERE sequence = (
                SELECT max(sequence) FROM change WHERE alert = 1)
            """,
            "UPDATE event SET seal = x'00' WHERE seal IS NOT NULL; "
                + "UPDATE change SET seal = x'00' WHERE seal IS NOT NULL",
            """
            UPDATE event SET seal = NULL, digest = x'00'
            WHERE sequence = (SELECT max(sequence) FROM event)
            """,
        ])
    func oneDamagedValue(_ damage: String) throws {
        let before = try Ledger.open(folder)
        let all = try before.records(after: 0, limit: 1_000)
        before.close()
        try tamper(damage)
        let (ledger, recovery) = try Ledger.open(path: folder.ledgerPath, boot: nil)
        defer { ledger.close() }
        let known = Set(recovery.ongoingAlerts.map(\.reference.opened))
        #expect(known.isSuperset(of: [2, 3]))
        let (shown, more) = try ledger.alerts(AlertFilter(states: [.open]), limit: 10)
        #expect(shown.count + more >= known.count && shown.count >= 2)
        #expect(try ledger.records(after: 0, limit: 1_000).count >= all.count - 1)
        // A page on which nothing can be read is not the end.
        #expect(try ledger.records(after: 0, limit: 1).count == 1)
        // Of changes the start reads none.
        #expect(recovery.warnings.isEmpty == damage.hasPrefix("UPDATE change"), "nobody is told")
        let last = all[all.count - 1].sequence
        var event = Event.plain(last.next)
        let alert = Alert.opened(by: &event)
        try ledger.commit([.event(event, alert)])
        #expect(try !LedgerAudit(path: folder.ledgerPath).verify().findings.isEmpty)
    }
}
