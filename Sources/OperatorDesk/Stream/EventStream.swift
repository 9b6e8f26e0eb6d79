import AlarmModel
import Hummingbird
import NIOCore

/// Writes the events of one request: first the past from the ledger, then what is published.
struct EventStream: Sendable {
    let source: any EventSource
    let format: StreamFormat

    /// Everything from where the subscription began until the feed is closed or the client goes.
    func write(
        _ subscription: EventSubscription, to writer: inout any ResponseBodyWriter
    ) async throws {
        var bell = subscription.bell.makeAsyncIterator()
        while true {
            var buffer = ByteBuffer()
            switch subscription.next() {
            case .send(let items): for item in items { format.write(item, to: &buffer) }
            case .gap(let gap): format.write(gap, to: &buffer)
            case .keepAlive: format.writeKeepAlive(to: &buffer)
            case .page(let after):
                let page = try await page(after: after, through: nil, subscription.filter)
                buffer = page.buffer
                if let gap = subscription.advance(through: page.last) {
                    format.write(gap, to: &buffer)
                }
            case .rest:
                guard await bell.next() != nil else { return }
            }
            if buffer.readableBytes > 0 { try await writer.write(buffer) }
        }
    }

    /// The stored events behind `after` up to and with `through`, and no more.
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

    private struct Page: Sendable {
        var buffer = ByteBuffer()
        /// The last sequence read, wanted or not; nil when there was none.
        var last: Sequence?
    }

    /// Reads and writes down one page, on a thread that may wait for the disk.
    private func page(
        after: Sequence, through: Sequence?, _ filter: StreamFilter
    ) async throws -> Page {
        try await blocking {
            let events = try source.events(
                after: after, through: through, limit: Limits.eventsPerPageMax)
            var page = Page(last: events.last?.sequence)
            for event in events where filter.wants(event) {
                format.write(
                    StreamItem(sequence: event.sequence, json: eventJSON(event)), to: &page.buffer)
            }
            return page
        }
    }
}
