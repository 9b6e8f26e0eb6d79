import AlarmModel
import Foundation
import LinuxPorts
import StationDaemon
import Testing
import WireProtocols

/// The unit, the user, the udev rules and the sample configuration, judged by the programs that
/// will read them. A missing program is a failure: what was not looked at is not right.
@Suite("Service files")
struct ServiceFilesTests {
    // MARK: systemd

    @Test("systemd finds nothing to complain about in the unit", .timeLimit(.minutes(1)))
    func unitIsSound() throws {
        try withUnit { unit in
            let result = try run(
                "systemd-analyze", of: "systemd", "verify", "--recursive-errors=yes", unit)
            #expect(result.status == 0, "\(result.output)")
        }
    }

    @Test("The service is exposed no more than 1.6 of 10", .timeLimit(.minutes(1)))
    func exposure() throws {
        try withUnit { unit in
            let result = try run(
                "systemd-analyze", of: "systemd", "security", "--offline=true", "--threshold=16",
                "--no-pager", unit)
            #expect(result.status == 0, "\(result.output)")
        }
    }

    @Test(
        "The unit keeps what no tool can check",
        arguments: [
            // An alarm station never gives up.
            "Restart=always", "StartLimitIntervalSec=0",
            // It says itself when it is ready, alive, and what it has reloaded.
            "Type=notify", "WatchdogSec=10", "ExecReload=/bin/sh -c 'kill -HUP $MAINPID'",
            // Serial lines: who may open them, and the groups of /proc/devices that have to exist.
            "SupplementaryGroups=dialout plugdev", "DeviceAllow=char-ttyUSB rw",
            "Wants=modprobe@usbserial.service modprobe@cdc_acm.service modprobe@hid.service",
            "After=modprobe@usbserial.service modprobe@cdc_acm.service modprobe@hid.service",
            // What writes to the log without end, or memory to it.
            "Environment=SWIFT_BACKTRACE=enable=no", "SystemCallFilter=setpriority",
            "LimitNICE=-5",
        ])
    func unitKeeps(line: String) throws {
        #expect(try read("systemd/tocsind.service").split(separator: "\n").contains("\(line)"))
    }

    @Test("The service can read the boot id and hear of plugged devices")
    func unitLeavesOpen() throws {
        let lines = try read("systemd/tocsind.service").split(separator: "\n")
        #expect(!lines.contains { $0.hasPrefix("ProcSubset=") || $0.hasPrefix("PrivateNetwork=") })
        #expect(
            lines.contains { $0.hasPrefix("RestrictAddressFamilies=") && $0.contains("AF_NETLINK") }
        )
    }

    @Test("The user and the groups that the unit names are made", .timeLimit(.minutes(1)))
    func sysusers() throws {
        try withFolder { root in
            try FileManager.default.createDirectory(
                atPath: "\(root)/etc", withIntermediateDirectories: true)
            let result = try run(
                "systemd-sysusers", of: "systemd", "--root=\(root)",
                path("systemd/tocsin.sysusers.conf"))
            #expect(result.status == 0, "\(result.output)")
            let users = try String(contentsOfFile: "\(root)/etc/passwd", encoding: .utf8)
            let groups = try String(contentsOfFile: "\(root)/etc/group", encoding: .utf8)
            #expect(users.contains("tocsin:x:"))
            for name in ["tocsin", "dialout", "plugdev"] {
                #expect(groups.split(separator: "\n").contains { $0.hasPrefix("\(name):") })
            }
        }
    }

    // MARK: udev

    @Test("udev takes every line of the rules", .timeLimit(.minutes(1)))
    func rulesAreSound() throws {
        // A device that no rule of ours is for, so that all that is said of them is a complaint.
        let output = try udev(add: "\(Self.keyboard)/hidraw/hidraw1")
        #expect(output.contains("Reading rules file: /run/udev/rules.d/60-tocsin.rules"))
        let complaints = output.split(separator: "\n").filter { $0.contains("60-tocsin.rules:") }
        #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
    }

    @Test(
        "An adapter gets names for its serial number and its socket", .timeLimit(.minutes(1)),
        arguments: [("ttyUSB0", ""), ("ttyUSB1", "-port1")])
    func adapterNames(line: String, suffix: String) throws {
        let links = links(in: try udev(add: "\(Self.adapter)/\(line)/tty/\(line)"))
        #expect(links.contains("/dev/tocsin/by-serial/0403-6001-A6008isP-if00\(suffix)"))
        #expect(links.contains("/dev/tocsin/by-socket/pci-0000:00:14.0-usb-0:1:1.0\(suffix)"))
    }

    @Test("ModemManager is kept from the port of an adapter", .timeLimit(.minutes(1)))
    func modemManager() throws {
        let output = try udev(add: "\(Self.adapter)/ttyUSB0/tty/ttyUSB0")
        #expect(output.contains("ID_MM_PORT_IGNORE=1"))
        #expect(!output.contains("ID_MM_DEVICE_IGNORE"))
    }

    @Test("An FTDI adapter passes bytes on at once", .timeLimit(.minutes(1)))
    func latency() throws {
        let output = try udev(add: "\(Self.adapter)/ttyUSB0")
        #expect(output.contains("/ttyUSB0/latency_timer' writing '1'"))
    }

    @Test(
        "A USB button is readable for the service and has names, other HID neither",
        .timeLimit(.minutes(1)))
    func buttons() throws {
        let button = try udev(add: "\(Self.button)/hidraw/hidraw0")
        #expect(
            button.split(separator: "\n")
                .contains { $0.contains("60-tocsin.rules:") && $0.hasSuffix("MODE 0660") })
        let links = links(in: button)
        #expect(links.contains("/dev/tocsin/by-serial/1d34-000d-B7-if00"))
        #expect(links.contains("/dev/tocsin/by-socket/pci-0000:00:14.0-usb-0:2:1.0"))
        let keyboard = try udev(add: "\(Self.keyboard)/hidraw/hidraw1")
        #expect(!keyboard.contains("60-tocsin.rules:"))
    }

    // MARK: sample configuration

    @Test("The sample configuration is read without a problem")
    func sample() throws {
        let station = try ConfigurationReader.read(
            read("systemd/tocsin.yaml"), file: "tocsin.yaml")
        #expect(station.ledgerPath == "/var/lib/tocsin/ledger.sqlite")
        #expect(station.listen == ["127.0.0.1:8119", "unix:/run/tocsin/tocsin.sock"])
        #expect(station.ports.isEmpty)
    }

    @Test("Every example in the sample configuration is right once its # is taken away")
    func sampleExamples() throws {
        let halves = try read("systemd/tocsin.yaml").split(separator: "ports: []\n")
        try #require(halves.count == 2)
        let examples = halves[1].split(separator: "\n").map { $0.drop { $0 == "#" } }
        let text = "\(halves[0])ports:\n\(examples.joined(separator: "\n"))\n"
        let station = try ConfigurationReader.read(text, file: "tocsin.yaml")
        #expect(station.ports.count == examples.count { $0.hasPrefix("  - name: ") })
        try expectWhole(station, in: "systemd/tocsin.yaml")
    }

    @Test("Every example of a port in README is right")
    func readmeExamples() throws {
        let parts = try read("README.md").split(separator: "```")
        let example = try #require(parts.first { $0.hasPrefix("yaml\n") }).dropFirst(5)
        let station = try ConfigurationReader.read(
            "station: {id: a}\n\(example)", file: "README.md")
        try expectWhole(station, in: "README.md")
    }

    /// Each protocol has an example, and an option where it has any. The commit that adds a
    /// protocol touches its folders and the registry: its example comes behind it, and until then
    /// that is told.
    private func expectWhole(_ station: StationConfiguration, in file: String) throws {
        let shown = Set(station.ports.map(\.definition.protocolID))
        let optioned = Set(station.ports.filter { !$0.options.values.isEmpty }.map(\.protocolID))
        for descriptor in ProtocolRegistry.all {
            if !shown.contains(descriptor.id) {
                Issue.record("\(file) has no example of \(descriptor.id)", severity: .warning)
            } else if descriptor.takesOptions, !optioned.contains(descriptor.id) {
                Issue.record("\(file) shows no option of \(descriptor.id)", severity: .warning)
            }
        }
        // What is there today, stays.
        #expect(shown.count >= 18 && optioned.count >= 13, "\(shown.count), \(optioned.count)")
    }
}

extension ConfiguredPort {
    fileprivate var protocolID: ProtocolID { definition.protocolID }
}

extension ProtocolDescriptor {
    /// Asked with one that no protocol has, it names those that it has.
    fileprivate var takesOptions: Bool {
        do throws(OptionProblem) {
            _ = try makeDecoder(options: ProtocolOptions(["no such": "option"]))
            return true
        } catch {
            return !error.message.contains("has no options")
        }
    }
}

// MARK: - Running the tools

extension ServiceFilesTests {
    private struct MissingTool: Error, CustomStringConvertible {
        var description: String
    }

    private func path(_ file: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: file).path
    }

    private func read(_ file: String) throws -> String {
        try String(contentsOfFile: path(file), encoding: .utf8)
    }

    /// A folder that is gone afterwards.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "tocsin-service-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    /// The unit as systemd can judge it where nothing is installed: with a program that exists.
    private func withUnit(_ body: (String) throws -> Void) throws {
        let unit = try read("systemd/tocsind.service")
        let start = "ExecStart=/usr/bin/tocsind --config /etc/tocsin/tocsin.yaml\n"
        try #require(unit.contains(start))
        try withFolder { folder in
            let copy = "\(folder)/tocsind.service"
            try unit.replacing(start, with: "ExecStart=/bin/true\n")
                .write(toFile: copy, atomically: true, encoding: .utf8)
            try body(copy)
        }
    }

    /// Runs a program and gathers what it prints.
    private func run(
        _ tool: String, of package: String, _ arguments: String...
    ) throws -> (status: Int32, output: String) {
        let folders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        guard
            let program = folders.map({ "\($0)/\(tool)" })
                .first(where: FileManager.default.isExecutableFile)
        else {
            throw MissingTool(
                description: "\(tool) is missing; install it with `apt-get install \(package)`")
        }
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    // MARK: udev

    private static let bus = "/devices/pci0000:00/0000:00:14.0/usb1"
    private static let adapter = "\(bus)/1-1/1-1:1.0"
    private static let button = "\(bus)/1-2/1-2:1.0/0003:1D34:000D.0001"
    private static let keyboard = "\(bus)/1-3/1-3:1.0/0003:046D:C31C.0002"

    /// The names of the node beside its own.
    private func links(in output: String) -> [Substring] {
        output.split(separator: "\n").first { $0.hasPrefix("DEVLINKS=") }?
            .dropFirst("DEVLINKS=".count).split(separator: " ") ?? []
    }

    /// Has udev treat a device of the mock-up as new and returns what it says. It finds our rules
    /// in a /run of its own beside a copy of /dev, so that the links and records that
    /// `udevadm test` makes are gone with it.
    private func udev(add device: String) throws -> String {
        try #require(
            geteuid() == 0, "udev rules can only be tested by root: run `sudo swift test`")
        _ = try run("udevadm", of: "udev", "--version")
        _ = try run("umockdev-run", of: "umockdev", "--version")
        let script = """
            set -e
            mount -t tmpfs none /run
            mkdir -p /run/udev/rules.d /run/new /run/work /run/pts
            mount --bind /dev/pts /run/pts
            mount -t overlay none -o lowerdir=/dev,upperdir=/run/new,workdir=/run/work /dev
            mount --bind /run/pts /dev/pts
            cp '\(path("udev-rules/60-tocsin.rules"))' /run/udev/rules.d/
            umockdev-run --device '\(path("Tests/umockdev/udev-rules.umockdev"))' \
                -- udevadm test --action=add '/sys\(device)' 2>&1
            """
        let result = try run("unshare", of: "util-linux", "--mount", "sh", "-c", script)
        #expect(result.status == 0, "\(result.output)")
        return result.output
    }
}
