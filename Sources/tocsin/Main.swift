import AlarmModel
import ArgumentParser
import Foundation

/// `tocsin`: the command line of an alarm station.
@main
struct Tocsin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tocsin",
        abstract: "Watches, tests and explains an alarm station.",
        version: "tocsin \(tocsinVersion)",
        subcommands: [
            Watch.self, Alerts.self, Acknowledge.self, Release.self, Park.self, Note.self,
            Resolve.self, Ports.self, Devices.self, Audit.self, Protocols.self, Decode.self,
            Capture.self,
            Replay.self, Simulate.self, Config.self, Sniff.self,
        ])

    /// How a command is written is explained to whoever has written it wrongly, and to nobody else.
    static func main() async {
        var command: any ParsableCommand
        let behind = CommandLine.arguments.dropFirst().prefix { $0 != "--" }
        if let word = behind.first(where: { $0.hasPrefix("---") }) {
            // No option, and the parser takes it for none of anything else.
            Terminal.complain(
                "tocsin: '\(word)' begins with three dashes: write it last, behind two, as in "
                    + "-- '\(word)'")
            Foundation.exit(Trouble.Status.usage.rawValue)
        }
        do {
            command = try parseAsRoot()
        } catch {
            exit(withError: error)
        }
        do {
            if var concurrent = command as? any AsyncParsableCommand {
                try await concurrent.run()
            } else {
                try command.run()
            }
        } catch let end as ExitCode {
            exit(withError: end)
        } catch  where exitCode(for: error) == .success {
            // Somebody asked for help or for the version.
            exit(withError: error)
        } catch {
            let trouble = Trouble(error)
            Terminal.complain("tocsin: \(trouble.message)")
            Foundation.exit(trouble.status.rawValue)
        }
    }
}
