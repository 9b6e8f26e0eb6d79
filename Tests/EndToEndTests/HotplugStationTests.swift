import AlarmModel
import Foundation
import StationLedger
import Testing
import WireProtocols

extension EndToEnd {
    /// The real daemon under a mocked /dev and /sys. A machine without umockdev fails these tests
    /// and says what to install; they are never skipped.
    @Suite("Plugging adapters under the daemon")
    struct HotplugStationTests {
        /// The scenarios of Tests/umockdev/station.py, and the ids that the ledger has to show.
        static let scenarios: [(name: String, portIDs: Set<PortID>)] = [
            (
                "replug",
                [
                    "usb-FTDI_FT232R_USB_UART_A6008isP-if00",
                    "usb-Silicon_Labs_CP2102_0001-if00",
                ]
            ),
            ("noserial", ["path-pci-0000:00:14.0-usb-0:3:1.0"]),
            (
                "twins",
                ["usb-Silicon_Labs_CP2102_0001-if00", "path-pci-0000:00:14.0-usb-0:2:1.0"]
            ),
            (
                "button",
                ["usb-Silicon_Labs_CP2102_0001-if00", "path-pci-0000:00:14.0-usb-0:2:1.0"]
            ),
        ]

        @Test(
            "Alarms before and after carry the same port, and other ports go on",
            arguments: scenarios)
        func scenario(_ name: String, _ portIDs: Set<PortID>) throws {
            let folder = try TemporaryFolder()
            let presses = try presses()
            try JSONSerialization.data(withJSONObject: presses)
                .write(to: URL(filePath: folder.path("presses.json")))
            let script = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "umockdev/station.py")
            // The system's own Python: the bindings of umockdev are Debian packages.
            let outcome = try Programs.run(
                "/usr/bin/python3", [script.path, name, Programs.path("tocsind"), folder.path])
            try #require(outcome.status == 0, "\(outcome.complaints)")

            let path = folder.path("ledger.sqlite")
            let (ledger, _) = try Ledger.open(path: path, boot: nil)
            defer { ledger.close() }
            let events = try ledger.records(after: 0, limit: 1_000).compactMap(\.event)
            #expect(Set(events.map(\.wire.portID)) == portIDs)
            if name == "button" {
                // One each time that it was plugged in.
                let pressed = events.filter { $0.protocolID == "hid-button" }
                #expect(pressed.map(\.kind) == [.sos, .sos, .sos])
            }
            for (_, presses) in presses {
                let frames = presses.map(\.[0])
                let stored = events.map { hexText($0.raw) }.filter(frames.contains)
                #expect(stored == Array(frames.prefix(stored.count)))
            }
        }

        /// For each port of the script, more presses than it needs: frame and reply.
        private func presses() throws -> [String: [[String]]] {
            let protocols: [String: ProtocolID] = [
                "ftdi": "surgard", "cp2102": "jt808", "ch340": "tocsin-link",
            ]
            let folder = try TemporaryFolder()
            return try protocols.mapValues { id in
                let presser = try Presser(id, on: .line(at: folder.path("line")))
                for _ in 1...20 { try presser.press() }
                return presser.unanswered.map { [hexText($0.frame), hexText(Array($0.reply))] }
            }
        }
    }
}
