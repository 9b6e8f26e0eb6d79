import AlarmModel
import Foundation
import Testing

extension EndToEnd {
    @Suite("A full disk")
    struct FullDiskTests {
        @Test("No reply and a critical /healthz while it is full; then all is stored and answered")
        func fullAndFreed() throws {
            let station = try Station(.onSmallDisk, ports: [.init("line", "tocsin-link")])
            let presser = try Presser("tocsin-link", on: station.line(to: "line"))
            presser.isPressing = false
            try station.startUnawaited()
            let line = "STATUS=1 of 1 ports open; only "
            #expect(station.manager.wait(for: line, within: .seconds(30)))
            // A disk of 2 MB is short of space from the start, which is told before it is full.
            #expect(station.tells("little space is left"))
            #expect(
                try station.desk.waits {
                    try station.desk.health().form.reasons.contains { $0.contains("MiB are free") }
                })
            try presser.press()
            #expect(try work([presser]) { presser.unanswered.isEmpty })

            let filler = try station.pathInside(station.ledgerFolder + "/filler")
            try fill(filler)
            // What the log has room for is stored all the same.
            repeat {
                try presser.press()
            } while try work([presser], within: .seconds(1)) { presser.unanswered.isEmpty }
            let before = presser.answered.count
            // Fewer than the repeats that are remembered of one device: they will be sent again.
            for _ in 2...10 { try presser.press() }
            #expect(
                try station.desk.waits {
                    let health = try station.desk.health()
                    return health.status == 503 && health.form.pendingEvents >= 10
                })
            let health = try station.desk.health().form
            #expect(health.state == "critical")
            #expect(health.reasons.first?.contains("full") == true, "\(health.reasons)")
            #expect(health.reasons.first?.contains("free space") == true, "\(health.reasons)")
            #expect(presser.unanswered.count == 10)
            #expect(station.manager.wait(for: "STATUS=NOT STORING: "))
            // Whoever gives an order meanwhile is not left waiting.
            let id = try #require(try station.order("alerts").output.split(separator: " ").first)
            let order = try station.order("note", String(id), "calling her", "--by", "anna")
            #expect(order.status != 0 && order.complaints.contains("not stored yet"))
            #expect(order.complaints.contains("full"), "\(order.complaints)")

            try FileManager.default.removeItem(atPath: filler)
            #expect(try work([presser], within: .seconds(10)) { presser.unanswered.isEmpty })
            #expect(try station.desk.waits { try station.desk.health().status == 200 })
            let answer = try station.desk.get("/v1/alerts/\(id)")
            let shown = String(decoding: answer.body, as: UTF8.self)
            #expect(shown.contains("calling her"), "\(shown)")
            let stored = try station.desk.events(1...1_000).filter { $0.kind != nil }
            #expect(stored.count == before + 10)
            #expect(stored.map(\.raw) == presser.answered.map { hexText($0) })
            #expect(station.stop() == 0)
        }

        /// Takes every page that is left.
        private func fill(_ path: String) throws {
            let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
            guard descriptor >= 0 else { throw HarnessError("cannot write \(path)") }
            defer { close(descriptor) }
            let page = [UInt8](repeating: 0, count: 4_096)
            for _ in 0..<100_000 where write(descriptor, page, page.count) < page.count {
                guard errno == ENOSPC else { break }
                return
            }
            throw HarnessError("\(path) does not fill its disk")
        }
    }
}
