import AlarmModel
import Captures
import Foundation
import Testing

@testable import WireProtocols

extension EndToEnd {
    /// What a person meets who knows only README.
    @Suite("The command line")
    struct CommandLineTests {
        private func run(_ program: String, _ words: [String]) throws -> Said {
            let run = try Programs.run(Programs.path(program), words)
            return (run.status, String(decoding: run.output, as: UTF8.self), run.complaints)
        }

        /// Runs a program where what is installed is what `prepare`, a shell script, makes of it.
        private func run(installed prepare: String, _ words: [String]) throws -> Said {
            let script = """
                set -e
                mkdir -p /run/tocsin-test
                mount -t tmpfs none /run/tocsin-test
                mkdir /run/tocsin-test/new /run/tocsin-test/work
                mount -t overlay none /etc \
                -o lowerdir=/etc,upperdir=/run/tocsin-test/new,workdir=/run/tocsin-test/work
                mount -t tmpfs none /run
                \(prepare)
                exec "$0" "$@"
                """
            let program = Programs.path(words[0])
            let run = try Programs.run(
                "/usr/bin/unshare",
                ["--map-root-user", "--mount", "sh", "-c", script, program] + words.dropFirst())
            return (run.status, String(decoding: run.output, as: UTF8.self), run.complaints)
        }

        private static let installedFile = "/etc/tocsin/tocsin.yaml"

        // MARK: tocsind

        @Test(
            "Alone it reads the installed configuration, or ends with 78 and says what is missing")
        func installedConfiguration() throws {
            for words in [["tocsind"], ["tocsind", "--check"], ["tocsin", "config", "check"]] {
                let missing = try run(installed: "rm -rf /etc/tocsin", words)
                #expect(missing.status == 78, "\(missing)")
                for part in [Self.installedFile, "there is no such file", "--config", "--demo"] {
                    #expect(missing.complaints.contains(part), "\(missing.complaints)")
                }
            }
            let write = "mkdir -p /etc/tocsin; echo 'station: {id: east}' > \(Self.installedFile)"
            for words in [["tocsind", "--check"], ["tocsin", "config", "check"]] {
                let found = try run(installed: write, words)
                #expect(found.status == 0 && found.output.hasPrefix("east: 0 ports"), "\(found)")
            }
            let wrong = try run(
                installed: "\(write); echo 'x: 1' >> \(Self.installedFile)", ["tocsind"])
            #expect(wrong.status == 78 && wrong.complaints.contains("\(Self.installedFile):2:1:"))
        }

        @Test("A demonstration is begun only for whoever asks for it, in a folder of its own")
        func demonstration() throws {
            let folder = try TemporaryFolder()
            let unasked = try run("tocsind", ["--demo-directory", folder.path])
            #expect(unasked.status == 64 && unasked.complaints.contains("add --demo"), "\(unasked)")
            let other = try run("tocsind", ["--demo", "--config", "a.yaml"])
            #expect(other.status == 64 && other.complaints.contains("--config"), "\(other)")
            let daemon = try ChildProcess(
                Programs.path("tocsind"), ["--demo", "--demo-directory", folder.path])
            #expect(daemon.standardError.wait(for: "tocsin simulate --directory \(folder.path)"))
            #expect(daemon.standardError.wait(for: "unix:\(folder.path)/tocsin.sock"))
            daemon.signal(SIGTERM)
            _ = daemon.waitForExit(within: .seconds(20))
            var folders: Set<String> = []
            for _ in 0..<2 {
                let daemon = try ChildProcess(Programs.path("tocsind"), ["--demo"])
                #expect(daemon.standardError.wait(for: "--after 0"))
                daemon.signal(SIGTERM)
                _ = daemon.waitForExit(within: .seconds(20))
                let words = daemon.standardError.text.split(whereSeparator: \.isWhitespace)
                let name = try #require(words.first { $0.hasPrefix("/tmp/tocsin-demo.") })
                folders.insert(String(name.prefix { $0 != "," }))
            }
            #expect(folders.count == 2, "nobody can know it before")
            for folder in folders {
                let facts = try FileManager.default.attributesOfItem(atPath: folder)
                #expect(facts[.posixPermissions] as? Int == 0o700)
                try FileManager.default.removeItem(atPath: folder)
            }
        }

        @Test("A file with keys that others may read is told, and is no mistake")
        func keys() throws {
            let folder = try TemporaryFolder()
            let file = folder.path("tocsin.yaml")
            let key = "{key: 000102030405060708090a0b0c0d0e0f}"
            for (protocolID, options, isSecret) in [
                ("dc09", key, true), ("dc09", "{key: \(key.replacing("key", with: "1234"))}", true),
                ("tap", "{password: \"000000\"}", true), ("tap", "{kind: sos}", false),
            ] {
                try """
                station: {id: a}
                ports:
                  - {name: port-1, protocol: \(protocolID), tcp: {listen: "127.0.0.1:9"},
                     options: \(options)}
                """.write(toFile: file, atomically: true, encoding: .utf8)
                for (mode, isOpen) in [(0o644, true), (0o642, true), (0o640, false)] {
                    chmod(file, mode_t(mode))
                    let said = try run("tocsind", ["--config", file, "--check"])
                    #expect(said.status == 0, "\(said)")
                    let isTold = said.complaints.contains("\(file):1:1: warning: ")
                    #expect(isTold == (isSecret && isOpen), "\(options) \(mode) \(said)")
                    if isTold { #expect(said.complaints.contains("port-1; chmod o-rwx \(file)")) }
                }
            }
        }

        // MARK: sentences

        @Test("Both programs say which version they are")
        func version() throws {
            for program in ["tocsin", "tocsind"] {
                let said = try run(program, ["--version"])
                #expect(said.status == 0 && said.output == "\(program) \(tocsinVersion)\n")
                #expect(try run(program, ["--help"]).output.contains("USAGE: \(program)"))
            }
        }

        /// What was written rightly and cannot be done, with its status and words of the sentence.
        private static let troubles: [(words: [String], status: Int32, says: String)] = [
            (["alerts", "--desk", "127.0.0.1:1"], 69, "connection refused"),
            (["ports", "--desk", "unix:/nowhere/desk.sock"], 69, "no such file"),
            (["watch", "--desk", "no-such-host.invalid:1"], 69, "no host has the name"),
            (["ack", "0197", "--desk", "127.0.0.1:1"], 69, "is tocsind running"),
            (["decode", "--protocol", "surgard", "/nowhere/bytes"], 66, "no such file"),
            (["decode", "--protocol", "surgard", "/"], 66, "is a directory"),
            (["decode", "--protocol", "surgard", "/etc/passwd"], 65, "hexadecimal"),
            (["decode", "--protocol", "nonsense"], 64, "known are"),
            (["decode", "--protocol", "jt808", "--option", "a=b"], 64, "--option a"),
            (["replay", "/dev/null"], 65, "nothing that was received"),
            (["sniff", "/nowhere/tty"], 66, "is not there"),
            (["audit", "verify", "--ledger", "/nowhere/ledger"], 1, "/nowhere/ledger"),
            (["audit", "verify", "--seal", "17"], 64, "is no seal"),
            (["park", "0197", "--until", "17:30"], 64, "with its date and zone"),
            (["park", "0197", "--until", "2026-11-21T17:30:00"], 64, "with its date and zone"),
            (["note", "0197"], 64, "no words"),
            (["note", "0197", "--byy", "anna"], 64, "--byy is no option"),
            (["note", "0197", "--- asleep"], 64, "behind two, as in -- '--- asleep'"),
            (
                ["simulate", "--directory", "/proc/none/lines", "--duration", "1"], 73,
                "cannot make"
            ),
        ]

        @Test("What goes wrong is one sentence for a person, without a lesson", arguments: troubles)
        func trouble(_ words: [String], _ status: Int32, _ sentence: String) throws {
            let said = try run("tocsin", words)
            #expect(said.status == status, "\(said)")
            #expect(said.complaints.hasPrefix("tocsin: ") && said.complaints.contains(sentence))
            #expect(said.complaints.filter { $0 == "\n" }.count == 1, "\(said.complaints)")
            for foreign in [
                "Usage", "NIO", "Foundation", "Error", "error:", "errno", "Domain", "Optional(",
                "{",
                "gave no reason",
            ] {
                #expect(!said.complaints.contains(foreign), "\(said.complaints)")
            }
        }

        @Test("A configuration that cannot be read is told in the system's words")
        func unreadable() throws {
            let folder = try TemporaryFolder()
            let bytes = folder.path("bytes")
            try Data([0xFF, 0xFE, 0xFF]).write(to: URL(filePath: bytes))
            for (file, words) in [
                ("/nowhere/a.yaml", "there is no such file"), (folder.path, "is a directory"),
                (bytes, "it is not text"),
            ] {
                let said = try run("tocsind", ["--config", file])
                #expect(said.status == 78 && said.complaints.contains("\(file): "), "\(said)")
                #expect(said.complaints.contains(words), "\(said)")
            }
        }

        @Test("Every command that a remedy or a page names exists")
        func namedCommands() throws {
            var commands: Set<String> = []
            for parent in [[], ["config"], ["audit"]] {
                let help = try run("tocsin", parent + ["--help"]).output
                let list = try #require(help.components(separatedBy: "SUBCOMMANDS:\n").last)
                for line in list.split(separator: "\n") where line.hasPrefix("  ") {
                    guard let name = line.split(separator: " ").first,
                        line.dropFirst(2).first != " "
                    else { continue }
                    commands.insert((parent + [String(name)]).joined(separator: " "))
                }
            }
            try #require(commands.contains("watch") && commands.contains("audit verify"))
            let root = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent().path
            let files = try ["Sources", "systemd", "udev-rules", "protocol-spec", "scripts"].flatMap
            {
                folder in
                try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)")
                    .map { "\(folder)/\($0)" }
            }
            let pages = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"]
            // In code marks, behind "run", or in front of what it mends.
            let pattern = /(?:`|run |; |    )tocsin ([a-z]+)(?: ([a-z]+))?(?=[ `"\n])/
            var found = 0
            for file in files + pages {
                guard let text = try? String(contentsOfFile: "\(root)/\(file)", encoding: .utf8)
                else { continue }
                for match in text.matches(of: pattern) {
                    let name = String(match.1)
                    let isParent = name == "audit" || name == "config"
                    let full = isParent ? match.2.map { "\(name) \($0)" } ?? name : name
                    #expect(commands.contains(full), "\(file) names tocsin \(full)")
                    found += 1
                }
            }
            #expect(found > 20)
        }

        // MARK: what is in the way

        @Test(
            "Nothing that is in the way of a line is replaced or removed", arguments: [true, false])
        func inTheWay(_ isReplay: Bool) throws {
            let folder = try TemporaryFolder()
            let place = folder.path("receiver-1")
            let capture = folder.path("capture.pcapng")
            let record = CaptureFixture.record(Array("5011 181234E11001015\u{14}".utf8))
            try Data(record).write(to: URL(filePath: capture))
            let words =
                isReplay
                ? ["replay", "--pty", place, capture]
                : ["simulate", "--directory", folder.path, "--duration", "1"]
            try "precious".write(toFile: place, atomically: true, encoding: .utf8)
            let file = try run("tocsin", words)
            #expect(file.status == 73 && file.complaints.contains(place), "\(file)")
            #expect(file.complaints.contains("is not replaced"), "\(file)")
            #expect(try String(contentsOfFile: place, encoding: .utf8) == "precious")
            try FileManager.default.removeItem(atPath: place)
            let far = "/dev/pts/no-such-terminal"
            try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: far)
            #expect(try run("tocsin", words).status == 73)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: place) == far)
        }

        @Test("What somebody puts in the place of a line is not removed at its end")
        func replacedMeanwhile() throws {
            let folder = try TemporaryFolder()
            let place = folder.path("receiver-1")
            let child = try ChildProcess(
                Programs.path("tocsin"), ["simulate", "--directory", folder.path, "--no-unplug"])
            let end = ContinuousClock.now + .seconds(20)
            while (try? FileManager.default.destinationOfSymbolicLink(atPath: place)) == nil {
                try #require(ContinuousClock.now < end)
                usleep(20_000)
            }
            try "precious".write(toFile: place, atomically: true, encoding: .utf8)
            child.signal(SIGTERM)
            #expect(child.waitForExit(within: .seconds(20)) == 0)
            #expect(try String(contentsOfFile: place, encoding: .utf8) == "precious")
            #expect(!FileManager.default.fileExists(atPath: folder.path("pendants")), "its own is")
        }
    }
}

/// A capture with one record that a line received.
enum CaptureFixture {
    static func record(_ bytes: [UInt8]) -> [UInt8] {
        PcapngWriter.file(
            [
                CaptureRecord(
                    portName: "line", protocolID: "surgard", direction: .received,
                    at: WallTime(microseconds: 0), bytes: bytes)
            ], port: CapturePort(name: "line", protocolID: "surgard"), note: "a test")
    }
}
