import Foundation
import Testing

extension EndToEnd {
    /// The real receiver program, which replays demodulated bits instead of listening to a radio.
    @Suite("rtl_433")
    struct RTL433Tests {
        private static let program = "/usr/bin/rtl_433"

        /// `-R` of the decoder, the bits of a press, and the kind and device that it means.
        private static let presses = [
            (decoder: "99", bits: "{1}0{41}313e26d9028", kind: "sos", id: "3102"),
            (decoder: "29", bits: "{25}ed54cd8", kind: "sos", id: "76467"),
            (decoder: "100", bits: "{59}000bd9eae020062", kind: "sos", id: "3abcde"),
            (decoder: "100", bits: "{59}000bd9eaa020022", kind: "smoke", id: "2abcde"),
            (decoder: "99", bits: "{1}0{41}313e88770200", kind: "none", id: ""),
        ]

        @Test("What rtl_433 hears goes through a FIFO into the ledger")
        func pipe() throws {
            try #require(
                FileManager.default.isExecutableFile(atPath: Self.program),
                "rtl_433 is not installed; run scripts/install-packages.sh rtl-433")
            let folder = try TemporaryFolder()
            let fifo = folder.path("rtl433.fifo")
            let configuration = folder.path("tocsin.yaml")
            try """
            station: {id: test, name: Test}
            ledger: {path: \(folder.path("ledger.sqlite"))}
            captures: {path: \(folder.path("captures"))}
            listen: ["unix:\(folder.path("desk.sock"))"]
            ports:
              - {name: radio, protocol: rtl433, pipe: {path: \(fifo)}}
            """.write(toFile: configuration, atomically: true, encoding: .utf8)
            let manager = try ServiceManagerStub(path: folder.path("notify.sock"))
            let daemon = try ChildProcess(
                Programs.path("tocsind"), ["--config", configuration],
                environment: ["NOTIFY_SOCKET": manager.path])
            try #require(
                manager.wait(for: "READY=1", within: .seconds(30)), "\(daemon.standardError.text)")
            let desk = Desk(socketPath: folder.path("desk.sock"))
            #expect(
                try desk.waits { try desk.ports()["radio"]?.state == "open" },
                "\(daemon.standardError.text)")
            for press in Self.presses {
                let radio = try ChildProcess(
                    Self.program, ["-F", "json", "-R", press.decoder, "-y", press.bits],
                    output: fifo)
                #expect(radio.waitForExit(within: .seconds(20)) != nil, "\(press)")
            }
            let expected = Self.presses.filter { $0.kind != "none" }
            let count = expected.count
            #expect(
                try desk.waits { try desk.events(1...count).count == count },
                "\(daemon.standardError.text)")
            let events = try desk.events(1...count)
            #expect(events.map(\.kind) == expected.map(\.kind))
            for (event, press) in zip(events, expected) {
                let line = String(decoding: bytes(ofHex: event.raw ?? ""), as: UTF8.self)
                #expect(line.hasPrefix("{\"time\""))
                #expect(line.contains(press.id))
            }
            daemon.signal(SIGTERM)
            #expect(daemon.waitForExit(within: .seconds(10)) == 0)
        }

        private func bytes(ofHex text: String) -> [UInt8] {
            let digits = Array(text.utf8)
            return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
            }
        }
    }
}
