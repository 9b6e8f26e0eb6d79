import ArgumentParser

/// `tocsin`: the command line of an alarm station.
@main
struct Tocsin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tocsin",
        abstract: "Watches, tests and explains an alarm station.",
        subcommands: [
            Watch.self, Alerts.self, Acknowledge.self, Release.self, Note.self, Resolve.self,
            Ports.self, Audit.self, Protocols.self, Decode.self, Capture.self, Replay.self,
            Simulate.self, Config.self, Sniff.self,
        ])
}
