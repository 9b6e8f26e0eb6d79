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
    private var ring: ByteRing
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

    /// Lends the free space for the bytes that come next.
    mutating func lend() -> UnsafeMutableRawBufferPointer { unsafe ring.lend() }

    /// Takes the first `count` bytes of what was lent, and decodes all that is whole.
    mutating func received(_ count: Int, into handler: any FrameHandler) {
        ring.received(count)
        drain(into: handler)
    }

    /// Nothing follows any more: forgets what is unread, and returns how many bytes that was.
    mutating func close() -> Int {
        let count = pending
        ring.advance(by: count)
        searched = 0
        damage = nil
        return count
    }

    private mutating func drain(into handler: any FrameHandler) {
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
            var rest = unread
            var searched = searched
            while !rest.isEmpty {
                let scan = P.scan(rest, searched: searched)
                searched = 0
                if let length = scan.frameLength {
                    let frame = rest.extracting(0..<length)
                    if decode(frame, body, handler, &session, &reply) == nil {
                        damage = nil
                        rest = rest.extracting(length..<rest.count)
                        continue
                    }
                }
                switch decodeOdd(rest, scan, body, handler, &session, &reply, &damage) {
                case .consumed(let count): rest = rest.extracting(count..<rest.count)
                case .waiting(let searched): return (unread.count - rest.count, searched)
                }
            }
            return (unread.count, 0)
        }
    }

    /// Tells the events and the reply of a frame; returns why not, with nothing done, when it does
    /// not parse.
    @inline(__always)
    private static func decode(
        _ frame: Span<UInt8>, _ body: borrowing EventBody, _ handler: any FrameHandler,
        _ session: inout P.Session, _ reply: inout Reply
    ) -> DecodeError? {
        do throws(DecodeError) {
            let message = try P.parse(frame)
            P.events(of: message, in: &session, body)
            reply.clear()
            P.reply(to: message, in: &session, into: &reply)
            reply.lend { handler.frame(frame, reply: $0, error: nil) }
            return nil
        } catch {
            return error
        }
    }

    private enum Step {
        case consumed(Int)
        case waiting(searched: Int)
    }

    /// What is no frame that parses: kept out of the way of those that do.
    @inline(never)
    private static func decodeOdd(
        _ rest: Span<UInt8>, _ scan: FrameScan, _ body: borrowing EventBody,
        _ handler: any FrameHandler, _ session: inout P.Session, _ reply: inout Reply,
        _ damage: inout SkipReason?
    ) -> Step {
        switch scan {
        case .needMore(let searched):
            precondition(rest.count < P.frameLengthMax * 2, "a scan waits for more than a frame")
            return .waiting(searched: min(searched, rest.count))
        case .frame(let length):
            let frame = rest.extracting(0..<length)
            if let error = decode(frame, body, handler, &session, &reply) {
                refuse(frame, error, handler, &session, &damage)
            } else {
                damage = nil
            }
            return .consumed(length)
        case .skip(let count, let reason):
            precondition(count > 0, "a scan skips nothing")
            skip(count, reason, &damage, handler)
            if let reply = P.reply(toDamage: reason, in: &session) { handler.answerDamage(reply) }
            return .consumed(count)
        case .likelyFrame:
            let decided = P.rescan(rest)
            precondition(decided.isDecided, "a rescan decides")
            return decodeOdd(rest, decided, body, handler, &session, &reply, &damage)
        }
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
