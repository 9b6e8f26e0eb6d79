import AlarmModel
import Foundation
import Testing

extension EndToEnd {
    @Suite("The event stream under load")
    struct StreamTests {
        /// KiB that a stalled client may cost. Its buffer holds 1,024 events of less than 2 KiB
        /// each; the rest is for the allocator and the database's page cache, which a station under
        /// load goes on filling. All 10,000 events or more, kept for it, would be above.
        private static let growthMax = 8 * 1_024

        @Test("A client that stops reading is told its gap; others, and the memory, are not harmed")
        func slowClient() throws {
            let (port, deskPort) = (try freePort(), try freePort())
            let station = try Station(ports: [.init("locators", "jt808", listen: port)])
            station.listen = ["127.0.0.1:\(deskPort)"]
            try station.start()
            let pressers = try (UInt32(1)...40).map {
                try Presser("jt808", on: .connect(port: port), device: $0, devices: 200)
            }
            let quick = try station.desk.stream(after: 0)
            try press(pressers, reading: quick, for: .seconds(5), atLeast: 5_000)
            let residentBefore = try station.process?.residentKiB() ?? 0

            // The slow client begins at rest and reads one event, so that it is live when it stops.
            try rest(pressers, reading: quick)
            let countBefore = quick.lines.count
            let narrow = try Wire.connect(port: deskPort, receiveBuffer: 4_096)
            let slow = try station.desk.stream(after: countBefore, over: narrow)
            try pressers[0].press()
            try work([pressers[0]], beside: [narrow]) {
                try slow.read()
                return !slow.lines.isEmpty
            }

            let start = ContinuousClock.now
            try press(pressers, reading: quick, for: .seconds(10), atLeast: 10_000)
            let seconds = (ContinuousClock.now - start).inSeconds
            let residentAfter = try station.process?.residentKiB() ?? 0
            if !Self.isSanitized { #expect(residentAfter - residentBefore < Self.growthMax) }
            try rest(pressers, reading: quick)

            let last = quick.lines.count
            #expect(quick.lines.map(\.sequence) == Array(1...last).map { Optional($0) })
            try work([], beside: [narrow]) {
                try slow.read()
                return slow.lines.last?.sequence == last
            }
            let gaps = slow.lines.compactMap(\.gap)
            let gap = try #require(gaps.first)
            #expect(gaps.count == 1)
            let wanted = Array(countBefore + 1..<gap.from) + Array(gap.to + 1...last)
            #expect(slow.lines.compactMap(\.sequence) == wanted)
            let missed = try station.desk.events(gap.from...gap.to)
            #expect(missed == Array(quick.lines[gap.from - 1..<gap.to]))
            print(
                "slow client: \(last - countBefore) events in \(Int(seconds)) s, missed "
                    + "\(missed.count), memory \(residentBefore) -> \(residentAfter) KiB")
            #expect(station.stop() == 0)
        }

        /// A sanitizer keeps freed memory and shadows all of it: sizes say nothing then.
        private static let isSanitized = ["__asan_init", "__tsan_init"].contains {
            (name: String) in dlsym(nil, name) != nil
        }

        /// Has all press as fast as they are answered: thousands of events a second.
        private func press(
            _ pressers: [Presser], reading stream: EventReader, for time: Duration,
            atLeast count: Int
        ) throws {
            for presser in pressers { presser.isPressing = true }
            let end = ContinuousClock.now + time
            let target = stream.lines.count + count
            let isDone = try work(pressers, beside: [stream.wire], within: .seconds(120)) {
                try stream.read()
                return ContinuousClock.now >= end && stream.lines.count >= target
            }
            #expect(isDone)
        }

        /// Lets all that was pressed be answered and be streamed.
        private func rest(_ pressers: [Presser], reading stream: EventReader) throws {
            for presser in pressers { presser.isPressing = false }
            let isDone = try work(pressers, beside: [stream.wire]) {
                try stream.read()
                let answered = pressers.reduce(0) { $0 + $1.answered.count }
                return pressers.allSatisfy(\.unanswered.isEmpty) && stream.lines.count >= answered
            }
            #expect(isDone)
        }
    }
}
