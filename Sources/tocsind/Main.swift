import AlarmModel
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
            SIGHUP reads the configuration again; SIGTERM stops after everything is stored.
            """,
        version: "tocsind \(tocsinVersion)")

    @Option(help: "The configuration file. Without it: \(Installed.configuration)")
    var config: String?

    @Flag(help: "Run a demonstration instead: three ports that `tocsin simulate` serves.")
    var demo = false

    @Option(
        help:
            "Where the demonstration keeps its ports, ledger and socket; a new folder if not said.")
    var demoDirectory: String?

    @Flag(help: "Read the configuration, tell every mistake in it, and end.")
    var check = false

    func validate() throws {
        guard demo || demoDirectory == nil else {
            throw ValidationError("--demo-directory is of a demonstration: add --demo")
        }
        guard !demo || config == nil else {
            throw ValidationError("--demo has a configuration of its own: leave out --config")
        }
        guard !demo || !check else {
            throw ValidationError("--demo needs no --check: leave out one of them")
        }
    }

    func run() throws {
        guard !demo else { return try demonstrate() }
        let source = config.map { Daemon.Source.file($0) } ?? .installed
        throw ExitCode(check ? Daemon.check(source).rawValue : Daemon.run(source).rawValue)
    }

    private func demonstrate() throws {
        let directory = try demoDirectory.map(absolute) ?? newDirectory()
        tell(
            """
            tocsind: a demonstration in \(directory), which stays when it ends. In other terminals:
                tocsin simulate --directory \(directory)
                tocsin watch --desk unix:\(directory)/tocsin.sock --after 0

            """)
        throw ExitCode(Daemon.run(.demonstration(directory: directory)).rawValue)
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// One that nobody else has made or may enter.
    private func newDirectory() throws -> String {
        var template = Array("/tmp/tocsin-demo.XXXXXX".utf8CString)
        let isMade = unsafe template.withUnsafeMutableBufferPointer {
            unsafe $0.baseAddress.flatMap { unsafe mkdtemp($0) } != nil
        }
        guard isMade else {
            tell("tocsind: cannot make a folder below /tmp; name one with --demo-directory\n")
            throw ExitCode(Daemon.Exit.unavailable.rawValue)
        }
        let bytes = template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func tell(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
