import Foundation
import Testing

/// The rules of hot-plugging, proved on a process of its own under a mocked /dev and /sys. A
/// machine without umockdev fails these tests and says what to install; they are never skipped.
@Suite("Plugging and unplugging adapters", .serialized)
struct HotplugTests {
    @Test(
        "An adapter keeps its id and disturbs nobody",
        arguments: ["replug", "moved", "noserial", "twins"])
    func adapters(_ scenario: String) throws {
        try run(
            "hotplug.py", scenario, "name=ftdi,vendor=0403,product=6001,serial=A6008isP",
            "name=cp2102,vendor=10c4,product=EA60", "name=ch340,vendor=1a86,product=7523")
    }

    @Test(
        "A button keeps its id and disturbs nobody",
        arguments: ["replug", "moved", "norules", "twins"])
    func buttons(_ scenario: String) throws {
        try run(
            "buttons.py", scenario, "name=button,class=hidraw,vendor=1d34,product=000D",
            "name=cp2102,vendor=10c4,product=EA60", "name=serial,vendor=1d34")
    }

    @Test(
        "The id of a port that is known by a link is that of the device behind it",
        arguments: ["replug", "stale"])
    func links(_ scenario: String) throws {
        let path = "path=/dev/tocsin/by-serial/0403-6001-A6008isP-if00"
        try run(
            "links.py", scenario, "name=linked,\(path)", "name=again,\(path)",
            "name=cp2102,vendor=10c4,product=EA60")
    }

    private func run(_ script: String, _ scenario: String, _ ports: String...) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "umockdev")
        let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent()
        let process = Process()
        // The system's own Python: the bindings of umockdev are Debian packages.
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments =
            [
                folder.appending(path: script).path, scenario,
                products.appending(path: "PortProbe").path,
            ] + ports
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(String(decoding: text, as: UTF8.self))")
    }
}
