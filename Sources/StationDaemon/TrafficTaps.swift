import AlarmModel
import Captures
import LinuxPorts
import Synchronization

/// People listening to the bytes of ports, live: each `tocsin capture` is one tap. What a tap is
/// too slow for is lost to it alone, and its capture says how much: a new section begins there.
final class TrafficTaps: Sendable {
    private struct Tap {
        var portName: String?
        var continuation: AsyncStream<[UInt8]>.Continuation
        /// Nil before the first section, and behind records that were lost: what they described is
        /// lost with them.
        var writer: PcapngWriter?
        var lostRecords = 0

        mutating func record(_ record: CaptureRecord) {
            var bytes: [UInt8] = []
            var writer = self.writer ?? begin(into: &bytes)
            writer.append(record, into: &bytes)
            guard case .enqueued = continuation.yield(bytes) else {
                self.writer = nil
                lostRecords += 1
                return
            }
            self.writer = writer
            lostRecords = 0
        }

        private func begin(into bytes: inout [UInt8]) -> PcapngWriter {
            let note = lostRecords == 0 ? nil : "\(lostRecords) records lost: read too slowly"
            return PcapngWriter(CaptureSection(application: "tocsind", note: note), into: &bytes)
        }
    }

    private struct State {
        var nextNumber = 0
        var taps: [Int: Tap] = [:]
    }

    private let state = Mutex(State())
    private let openCount = Atomic<Int>(0)

    /// Whether records are wanted at all: asked before every copy of bytes.
    var isAnyOpen: Bool { openCount.load(ordering: .relaxed) > 0 }

    func record(
        _ direction: CaptureRecord.Direction, _ bytes: [UInt8], of port: OpenPort, at time: WallTime
    ) {
        let record = CaptureRecord(
            portName: port.name, protocolID: port.protocolID, direction: direction, at: time,
            bytes: bytes)
        state.withLock { state in
            for (number, tap) in state.taps
            where tap.portName == nil || tap.portName == port.name {
                state.taps[number]?.record(record)
            }
        }
    }

    /// A capture file whose records follow as they come, on one port or on all; nil when too many
    /// listen already.
    func open(portName: String?) -> AsyncStream<[UInt8]>? {
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream(
            bufferingPolicy: .bufferingOldest(Limits.tapRecordsMax))
        let number: Int? = state.withLock { state in
            guard state.taps.count < Limits.tapsMax else { return nil }
            state.nextNumber += 1
            var head: [UInt8] = []
            let writer = PcapngWriter(CaptureSection(application: "tocsind"), into: &head)
            continuation.yield(head)
            state.taps[state.nextNumber] = Tap(
                portName: portName, continuation: continuation, writer: writer)
            return state.nextNumber
        }
        guard let number else { return nil }
        openCount.add(1, ordering: .relaxed)
        continuation.onTermination = { [self] _ in
            _ = state.withLock { $0.taps.removeValue(forKey: number) }
            openCount.subtract(1, ordering: .relaxed)
        }
        return stream
    }
}
