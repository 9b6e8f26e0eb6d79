import AlarmModel
import Captures
import Testing

@testable import LinuxPorts
@testable import StationDaemon

@Suite("Live captures")
struct TrafficTapsTests {
    private let taps = TrafficTaps()
    private let time = WallTime(microseconds: 1_795_253_158_000_000)

    private func port(_ name: String) -> OpenPort {
        OpenPort(
            handle: PortHandle(rawValue: 1), id: "id", name: name, path: "/dev/x",
            protocolID: "surgard")
    }

    private func records(in file: [UInt8]) -> [CaptureRecord] {
        PcapngReader.items(of: file).compactMap { item in
            if case .record(let record) = item { record } else { nil }
        }
    }

    @Test("A tap hears its port both ways, and no other port")
    func hearsItsPort() async throws {
        let stream = try #require(taps.open(portName: "a"))
        #expect(taps.isAnyOpen)
        taps.record(.received, [1], of: port("a"), at: time)
        taps.record(.received, [2], of: port("b"), at: time)
        taps.record(.sent, [3], of: port("a"), at: time)
        var file: [UInt8] = []
        for await piece in stream {
            file += piece
            if records(in: file).count == 2 { break }
        }
        #expect(records(in: file).map(\.bytes) == [[1], [3]])
        #expect(records(in: file).map(\.direction) == [.received, .sent])
    }

    @Test("What a tap is too slow for is counted in its capture, which stays readable")
    func slowTap() async throws {
        let stream = try #require(taps.open(portName: nil))
        let lost = 10
        // The head of the file takes one place of the buffer.
        for number in 0..<Limits.tapRecordsMax - 1 + lost {
            taps.record(.received, [UInt8(truncatingIfNeeded: number)], of: port("a"), at: time)
        }
        var file: [UInt8] = []
        var pieces = stream.makeAsyncIterator()
        for _ in 0..<Limits.tapRecordsMax {
            if let piece = await pieces.next() { file += piece }
        }
        taps.record(.received, [7], of: port("a"), at: time)
        if let piece = await pieces.next() { file += piece }
        let items = PcapngReader.items(of: file)
        let notes = items.compactMap { item in
            if case .section(let section) = item { section.note } else { nil }
        }
        #expect(notes == ["\(lost) records lost: read too slowly"])
        #expect(records(in: file).count == Limits.tapRecordsMax)
        #expect(!items.contains { if case .problem = $0 { true } else { false } })
    }

    @Test("More taps than are allowed are refused, and one that ends makes room")
    func bound() throws {
        var streams = (0..<Limits.tapsMax).compactMap { _ in taps.open(portName: nil) }
        #expect(streams.count == Limits.tapsMax)
        #expect(taps.open(portName: nil) == nil)
        streams.removeLast()
        #expect(taps.open(portName: nil) != nil)
    }
}
