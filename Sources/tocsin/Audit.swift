import AlarmModel
import ArgumentParser
import EventJSON
import StationLedger

/// `tocsin audit`: what the ledger holds, and whether it is as it was written.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Looks into the ledger's file: whether it is as it was written, and what it holds.",
        subcommands: [Verify.self, Show.self, Rebuild.self])

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
                    throw ValidationError(
                        "'\(seal)' is no seal; write it as 120:<64 hexadecimal digits>")
                }
                outside = read
            }
            let report = try LedgerAudit(path: options.ledger).verify(against: outside)
            for finding in report.findings { print(finding) }
            guard report.findings.isEmpty else { throw ExitCode.failure }
            guard let seal = report.seal else { return print("verified, and empty") }
            print(
                "verified \(report.first)-\(report.last), seal \(seal.sequence):\(seal.hex)")
        }
    }

    /// `tocsin audit show ALERT`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints all records of an alert, one line of JSON each.")

        @OptionGroup var options: LedgerOptions
        @Argument(help: "The alert's id.") var alert: String

        func run() throws {
            guard let id = UUIDv7(alert) else {
                throw ValidationError("'\(plain(alert))' is not the id of an alert")
            }
            guard let (_, records) = try LedgerAudit(path: options.ledger).records(of: id) else {
                throw NoAlert(id: id, path: options.ledger)
            }
            for record in records { print(String(decoding: recordJSON(record), as: UTF8.self)) }
        }
    }

    /// `tocsin audit rebuild`
    struct Rebuild: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes the alerts anew from the records. The daemon must not run.")

        @OptionGroup var options: LedgerOptions

        func run() throws {
            let (count, changed) = try Ledger.rebuildAlerts(path: options.ledger)
            print("\(count) alerts, \(changed) of them changed")
            // What the alerts are made from may have been changed as well.
            let after = try LedgerAudit(path: options.ledger).verify()
            for finding in after.findings { print(finding) }
            guard after.findings.isEmpty else { throw ExitCode.failure }
        }
    }

    private struct NoAlert: Error, CustomStringConvertible {
        var id: UUIDv7
        var path: String

        var description: String { "there is no alert \(id) in \(path)" }
    }
}
