import ArgumentParser
import Foundation
import StationDaemon

/// `tocsind`: the daemon of an alarm station.
@main
struct Tocsind: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tocsind",
        abstract: "The daemon of an alarm station.",
        discussion: """
            Without --config it runs a demonstration: three ports that `tocsin simulate` serves.
            SIGHUP reads the configuration again; SIGTERM stops after everything is stored.
            """)

    @Option(help: "The configuration file, usually /etc/tocsin/tocsin.yaml.")
    var config: String?

    @Option(help: "Where the demonstration keeps its ports, ledger and socket.")
    var demoDirectory = "/tmp/tocsin-demo"

    @Flag(help: "Read the configuration, tell every mistake in it, and end.")
    var check = false

    func run() throws {
        let source: Daemon.Source =
            config.map { .file($0) } ?? .demonstration(directory: demoDirectory)
        guard check else {
            throw ExitCode(Daemon.run(source).rawValue)
        }
        guard let found = Daemon.configuration(from: source) else {
            throw ExitCode(Daemon.Exit.configuration.rawValue)
        }
        print("\(found.stationID): \(found.ports.count) ports, no mistakes")
    }
}
