import ArgumentParser
import StationDaemon

/// `tocsin config check FILE`
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks at configuration files.", subcommands: [Check.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells every mistake in a configuration file, with its place.")

        @Argument(help: "The file.") var file = "/etc/tocsin/tocsin.yaml"

        func run() throws {
            guard let found = Daemon.configuration(from: .file(file)) else {
                throw ExitCode(Daemon.Exit.configuration.rawValue)
            }
            print("\(found.stationID): \(found.ports.count) ports, no mistakes")
        }
    }
}
