import AlarmModel

/// What a decoder tells as it reads, one call per frame or run of skipped bytes.
public protocol FrameHandler: AnyObject {
    /// One event of the frame whose bytes follow in ``frame(_:reply:error:)``, and its words.
    func event(_ draft: EventDraft, text: String?)
    /// The frame that the events since the last call came from, and what to answer once they are
    /// durable: nothing when `reply` is empty. `error` is set when the frame had no meaning and
    /// its event is the fault.
    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?)
    /// Bytes in no frame. Noise behind damage comes under the reason of the damage: the scan goes
    /// on inside a broken frame, and what it finds nothing in belongs to that frame.
    func skipped(_ count: Int, _ reason: SkipReason)
    /// Send this at once: it concerns damaged bytes, not an event.
    func answerDamage(_ reply: Reply)
}

/// Bytes of one connection on their way through the ring: finds frames, decodes them, and accounts
/// for every byte.
///
/// The order `consumed <= scanned <= received` holds after every step: `scanned` is how far an
/// incomplete frame has been searched, so that a slow sender does not cost a search from the
/// beginning with every byte.
struct FrameReader<P: WireProtocol>: ~Copyable {
    var ring: ByteRing
    var session: P.Session
    private var reply = Reply()
    /// Why the bytes directly before were skipped; nil behind a frame.
    private var damage: SkipReason?
    private var searched = 0

    init(options: ProtocolOptions, capacity: Int) throws(OptionProblem) {
        precondition(capacity > P.frameLengthMax, "a ring holds more than the longest frame")
        session = try P.Session(options: options)
        ring = ByteRing(minimumCapacity: capacity)
    }

    /// Bytes that are in no frame and no skipped run yet.
    var pending: Int { ring.unreadCount }

    /// Decodes all that is whole.
    mutating func drain(into handler: any FrameHandler) {
        let progress = Self.decode(
            ring, session: &session, reply: &reply, damage: &damage, searched: searched,
            handler: handler)
        ring.advance(by: progress.consumed)
        searched = progress.searched
        precondition(searched <= ring.unreadCount, "scanned runs ahead of received")
    }

    private static func decode(
        _ ring: borrowing ByteRing, session: inout P.Session, reply: inout Reply,
        damage: inout SkipReason?, searched: Int, handler: any FrameHandler
    ) -> (consumed: Int, searched: Int) {
        let body = EventBody(handler)
        return ring.withUnread { unread in
            var offset = 0
            var searched = searched
            while offset < unread.count {
                let rest = unread.extracting(offset..<unread.count)
                var scan = P.scan(rest, searched: searched)
                if case .likelyFrame(let length) = scan {
                    let frame = rest.extracting(0..<length)
                    if let message = try? P.parse(frame) {
                        deliver(message, frame, body, handler, &session, &reply, &damage)
                        offset += length
                        searched = 0
                        continue
                    }
                    scan = P.rescan(rest)
                }
                switch scan {
                case .needMore(let newlySearched):
                    precondition(
                        rest.count < P.frameLengthMax * 2, "a scan waits for more than a frame")
                    return (offset, min(newlySearched, rest.count))
                case .frame(let length):
                    let frame = rest.extracting(0..<length)
                    do throws(DecodeError) {
                        let message = try P.parse(frame)
                        deliver(message, frame, body, handler, &session, &reply, &damage)
                    } catch {
                        refuse(frame, error, handler, &session, &damage)
                    }
                    offset += length
                case .skip(let count, let reason):
                    precondition(count > 0, "a scan skips nothing")
                    skip(count, reason, &damage, handler)
                    offset += count
                    if let reply = P.reply(toDamage: reason, in: &session) {
                        handler.answerDamage(reply)
                    }
                case .likelyFrame:
                    preconditionFailure("a rescan decides")
                }
                searched = 0
            }
            return (offset, 0)
        }
    }

    @inline(__always)
    private static func deliver(
        _ message: P.Message, _ frame: Span<UInt8>, _ body: borrowing EventBody,
        _ handler: any FrameHandler, _ session: inout P.Session, _ reply: inout Reply,
        _ damage: inout SkipReason?
    ) {
        damage = nil
        reply.clear()
        P.events(of: message, in: &session, body)
        P.reply(to: message, in: &session, into: &reply)
        reply.lend { handler.frame(frame, reply: $0, error: nil) }
    }

    private static func refuse(
        _ frame: Span<UInt8>, _ error: DecodeError, _ handler: any FrameHandler,
        _ session: inout P.Session, _ damage: inout SkipReason?
    ) {
        switch P.undecodable(frame, error, in: &session) {
        case .report(let draft, let text, let reply):
            damage = nil
            handler.event(draft, text: text)
            (reply ?? Reply()).withBytes { handler.frame(frame, reply: $0, error: error) }
        case .askAgain(let reply):
            skip(frame.count, .badFormat, &damage, handler)
            handler.answerDamage(reply)
        }
    }

    private static func skip(
        _ count: Int, _ reason: SkipReason, _ damage: inout SkipReason?, _ handler: any FrameHandler
    ) {
        let effective = reason == .noise ? damage ?? .noise : reason
        damage = effective
        handler.skipped(count, effective)
    }
}
