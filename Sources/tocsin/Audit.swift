import AlarmModel
import ArgumentParser
import EventJSON
import Foundation
import StationLedger

/// `tocsin audit`: what the ledger holds, and whether it is as it was written.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Looks into the ledger's file: whether it is as it was written, and what it holds.",
        subcommands: [Verify.self, Show.self, Rebuild.self, Salvage.self])

    struct LedgerOptions: ParsableArguments {
        @Option(help: "The ledger's file.")
        var ledger = "/var/lib/tocsin/ledger.sqlite"
    }

    /// `tocsin audit verify`
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recomputes the seals of all records. The exit status is 1 when one is wrong."
        )

        @OptionGroup var options: LedgerOptions

        @Option(
            help: "A seal that was kept elsewhere, as SEQUENCE:HEX: tells whether the end is there."
        )
        var seal: String?

        func run() throws {
            var outside: LedgerAudit.Seal?
            if let seal {
                guard let read = LedgerAudit.Seal(seal) else {
                    throw Trouble(
                        "'\(seal)' is no seal; write it as 120:<64 hexadecimal digits>", .usage)
                }
                outside = read
            }
            let report = try LedgerAudit(path: options.ledger).verify(against: outside)
            for finding in report.findings { Terminal.say("\(finding)") }
            guard report.findings.isEmpty else { throw ExitCode.failure }
            guard let seal = report.seal else { return Terminal.say("verified, and empty") }
            Terminal.say(
                "verified \(report.first)-\(report.last), seal \(seal.sequence):\(seal.hex)")
        }
    }

    /// `tocsin audit show ALERT`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints all records of an alert, one line of JSON each.")

        @OptionGroup var options: LedgerOptions
        @Argument(help: "The alert's id or its beginning.") var alert: String

        func run() throws {
            let audit = try LedgerAudit(path: options.ledger)
            guard let (_, records) = try audit.records(of: try id(in: audit)) else {
                throw Trouble("there is no alert \(alert) in \(options.ledger)")
            }
            for record in records { Terminal.say(json: recordJSON(record)) }
        }

        /// The id that was written, or the only one that begins as it was written.
        private func id(in audit: LedgerAudit) throws -> UUIDv7 {
            if let id = UUIDv7(alert) { return id }
            guard alert.utf8.count >= Limits.alertPrefixMin,
                let range = UUIDv7.bounds(ofPrefix: alert)
            else {
                throw Trouble(
                    "'\(alert)' is not the id of an alert, nor the beginning of one", .usage)
            }
            let found = try audit.alertIDs(in: range, limit: Limits.alertNamesakesMax)
            guard let id = found.first else {
                throw Trouble("there is no alert \(alert) in \(options.ledger)")
            }
            guard found.count == 1 else {
                throw Trouble(
                    "several alerts begin with \(alert); write more of it: "
                        + found.map(\.description).joined(separator: ", "))
            }
            return id
        }
    }

    /// `tocsin audit rebuild`
    struct Rebuild: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes the alerts anew from the records. The daemon must not run.")

        @OptionGroup var options: LedgerOptions

        func run() throws {
            let (count, changed) = try Ledger.rebuildAlerts(path: options.ledger)
            Terminal.say("\(count) alerts, \(changed) of them changed")
            // What the alerts are made from may have been changed as well.
            let after = try LedgerAudit(path: options.ledger).verify()
            for finding in after.findings { Terminal.say("\(finding)") }
            guard after.findings.isEmpty else { throw ExitCode.failure }
        }
    }

    /// `tocsin audit salvage LEDGER`
    struct Salvage: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints every record of a damaged ledger that can be read, as JSON lines.",
            discussion: """
                The ledger is only read. What is lost is told on standard error, and the exit \
                status is 1 then.
                """)

        @Argument(help: "The ledger's file, with its log beside it.") var ledger: String

        func run() throws {
            let salvage = try LedgerAudit(path: ledger).salvage { record in
                Terminal.say(json: recordJSON(record))
            }
            for loss in salvage.losses { Terminal.complain("lost: \(loss)") }
            Terminal.complain("\(salvage.read) records were read")
            guard salvage.losses.isEmpty else { throw ExitCode.failure }
        }
    }
}
