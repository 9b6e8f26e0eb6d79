import ArgumentParser
import StationDaemon

/// `tocsin config check FILE`
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks at configuration files.", subcommands: [Check.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells every mistake in a configuration file, with its place.")

        @Argument(help: "The file.") var file = Installed.configuration

        func run() throws {
            throw ExitCode(Daemon.check(.file(file)).rawValue)
        }
    }
}
