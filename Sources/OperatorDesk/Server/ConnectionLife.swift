import AlarmModel
import NIOCore

/// What one connection of the desk is at, and how long that may last. Pure: times go in.
///
///     opened --head--> request --its end--> answering --answer's end, taken--> idle --head--> ...
///       5 s             30 s                as long as it takes                 30 s
///
/// Whatever was written to the client and not taken by it for ``Limits/deskStallMax`` ends the
/// connection too. A stream or a capture with nothing to say owes nobody anything and stays.
struct ConnectionLife {
    /// Since when the first request, or the next one, is waited for; nil inside a request.
    private var idleSince: NIODeadline?
    private var hasAsked = false
    /// When the head of a request came whose body has not ended.
    private var readingSince: NIODeadline?
    /// Requests whose answer has not ended.
    private var unanswered = 0
    /// Writes that the client has not taken.
    private var untaken = 0
    /// When it last took one, or the first of these was written.
    private var takenAt: NIODeadline

    init(at now: NIODeadline) {
        idleSince = now
        takenAt = now
    }

    mutating func headCame(at now: NIODeadline) {
        hasAsked = true
        idleSince = nil
        readingSince = now
        unanswered += 1
    }

    mutating func requestEnded(at now: NIODeadline) {
        readingSince = nil
        rest(at: now)
    }

    mutating func answerEnded(at now: NIODeadline) {
        unanswered -= 1
        rest(at: now)
    }

    mutating func wrote(at now: NIODeadline) {
        if untaken == 0 { takenAt = now }
        untaken += 1
    }

    mutating func clientTook(at now: NIODeadline) {
        untaken -= 1
        takenAt = now
        rest(at: now)
    }

    private mutating func rest(at now: NIODeadline) {
        guard unanswered == 0, readingSince == nil, untaken == 0 else { return }
        idleSince = idleSince ?? now
    }

    /// When the connection is to be closed, unless something happens.
    var deadline: NIODeadline? {
        if let idleSince {
            return idleSince + (hasAsked ? Self.idleMax : Self.headPatience)
        }
        let stall = untaken > 0 ? takenAt + Self.stallMax : .distantFuture
        let body = readingSince.map { $0 + Self.bodyPatience } ?? .distantFuture
        let first = min(stall, body)
        return first < .distantFuture ? first : nil
    }

    private static let headPatience = TimeAmount(Limits.requestHeadPatience)
    private static let bodyPatience = TimeAmount(Limits.requestBodyPatience)
    private static let idleMax = TimeAmount(Limits.deskIdleMax)
    private static let stallMax = TimeAmount(Limits.deskStallMax)

    /// Since when it is the client's turn; nil while it is the desk's. Of those whose turn it is,
    /// the one that takes longest gives way to a newcomer.
    var clientsTurnSince: NIODeadline? {
        idleSince ?? readingSince ?? (untaken > 0 ? takenAt : nil)
    }
}

extension TimeAmount {
    init(_ span: TimeSpan) { self = .microseconds(span.microseconds) }
}
