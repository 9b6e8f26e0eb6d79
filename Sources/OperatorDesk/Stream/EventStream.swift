import AlarmModel
import Hummingbird
import NIOCore

/// Writes the records of one request: first the past from the ledger, then what is published.
struct EventStream: Sendable {
    let source: any EventSource
    let format: StreamFormat

    /// Everything from where the subscription began until the feed is closed or the client goes.
    ///
    /// - Parameters:
    ///   - gap: what the client is told first that it has missed.
    ///   - channel: of `writer`. Once the client has the past, the channel is written directly.
    func write(
        _ subscription: EventSubscription, gap: ClosedRange<Sequence>? = nil,
        to writer: inout any ResponseBodyWriter, on channel: any Channel
    ) async throws {
        var start = ByteBuffer()
        format.writeStart(to: &start)
        if let gap { format.write(gap, to: &start) }
        if start.readableBytes > 0 { try await writer.write(start) }
        while true {
            let (step, state) = subscription.take()
            // Only the end of the station ends a stream in good order.
            if state == .cut { throw CancellationError() }
            var buffer = ByteBuffer()
            switch step {
            case .send(let items):
                for item in items { format.write(item, epoch: source.epoch, to: &buffer) }
            case .gap(let gap): format.write(gap, to: &buffer)
            case .keepAlive: format.writeKeepAlive(to: &buffer)
            case .alive(let sequence): format.writeAlive(at: .now, sequence, to: &buffer)
            case .page(let after):
                let page = try await page(after: after, through: nil, subscription.filter)
                buffer = page.buffer
                if let gap = subscription.advance(through: page.last) {
                    format.write(gap, to: &buffer)
                }
            case .rest:
                let live = LiveStream(
                    subscription, format: format, epoch: source.epoch, on: channel)
                return try await live.run()
            }
            if buffer.readableBytes > 0 { try await writer.write(buffer) }
        }
    }

    /// The stored records behind `after` up to and with `through`, and no more.
    func write(
        after: Sequence, through: Sequence, _ filter: StreamFilter,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        var after = after
        while after < through {
            let page = try await page(after: after, through: through, filter)
            if page.buffer.readableBytes > 0 { try await writer.write(page.buffer) }
            guard let last = page.last else { return }
            after = last
        }
    }

    /// Has the subscription say that it lives, until the task is cancelled.
    static func keepSaying(every span: TimeSpan, _ subscription: EventSubscription) async {
        let pause = Duration.microseconds(span.microseconds)
        while (try? await Task.sleep(for: pause)) != nil { subscription.askForAlive() }
    }

    private struct Page: Sendable {
        var buffer = ByteBuffer()
        /// The last sequence read, wanted or not; nil when there was none.
        var last: Sequence?
    }

    /// Reads and writes down one page, on a thread that may wait for the disk. A record that cannot
    /// be read is told as missed.
    private func page(
        after: Sequence, through: Sequence?, _ filter: StreamFilter
    ) async throws -> Page {
        try await blocking {
            let records = try source.records(
                after: after, through: through, limit: Limits.eventsPerPageMax)
            var page = Page(last: records.last?.sequence)
            var previous = max(after, 0)
            for record in records {
                if record.sequence > previous.next {
                    let last = Sequence(rawValue: record.sequence.rawValue - 1)
                    format.write(previous.next...last, to: &page.buffer)
                }
                previous = record.sequence
                guard filter.wants(record) else { continue }
                format.write(StreamItem(record), epoch: source.epoch, to: &page.buffer)
            }
            return page
        }
    }
}
