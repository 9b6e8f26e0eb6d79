import AlarmModel

/// What one line remembers: what its pages mean, how far a login has come, and the page whose
/// blocks are coming in.
public struct TAPSession: ProtocolSession {
    /// A host that was asked for its login and is silent for as long begins anew; so does one that
    /// leaves a page unfinished. It is told nothing, for its ACK may be waiting for the disk.
    static let patience = TimeSpan.seconds(8)
    /// Logins with a wrong password before the host is disconnected.
    static let loginsMax = 3

    enum Answer: Equatable, Sendable {
        case invite
        case admitted
        case wrongPassword
        case disconnected
        case accepted
        case damaged
        case tooLong
        case goodbye

        /// The control character decides, on a line of its own. The line in front of it, which
        /// begins with a number, is for people.
        @inline(__always)
        var words: StaticString {
            switch self {
            case .invite: "ID="
            case .admitted: "110 1.8\r\u{06}\r\u{1B}[p\r"
            case .wrongPassword: "\u{15}\r"
            case .disconnected: "\u{1B}\u{04}\r"
            case .accepted: "211 Page accepted\r\u{06}\r"
            case .damaged: "514 Checksum error\r\u{15}\r"
            case .tooLong: "517 Message too long\r\u{1E}\r"
            case .goodbye: "115 Goodbye\r\u{1B}\u{04}\r"
            }
        }

        var reply: Reply {
            var reply = Reply()
            reply.append(ascii: words)
            return reply
        }
    }

    let charset: Charset
    let kinds: TextKinds
    /// Of a page whose words have no other meaning.
    let kind: EventKind
    private let password: ShortText?
    private var wrongLogins = 0
    private var now: MonotonicTime?
    public private(set) var deadline: MonotonicTime?
    var pages = TAPPages()

    /// Options: `password`, `charset`, `kind` of any page, and `text.<words>`.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        try options.refuseAll(
            except: ["password", "charset", "kind"] + TextKinds.keys(in: options))
        charset = try Charset(options: options)
        kinds = try TextKinds(options: options)
        kind = try options.callKind("kind") ?? .sos
        guard let password = options.values["password"] else {
            self.password = nil
            return
        }
        guard let text = ShortText(exactly: password), let login = TAP.Login(password: text) else {
            throw OptionProblem(
                key: "password",
                message: "a password is at most \(TAP.Field.passwordLengthMax) letters and digits")
        }
        self.password = login.password
    }

    /// A host may begin anew at any time, and a block is a call whoever sent it: the password only
    /// tells a host early that it dials the wrong station.
    @inline(__always)
    mutating func answer(to message: TAP.Message) -> Answer {
        switch message {
        case .block:
            wait()
            return .accepted
        case .wake:
            beginAnew()
            return .invite
        case .login(let login):
            beginAnew()
            return answer(to: login)
        case .end:
            beginAnew()
            deadline = nil
            return .goodbye
        }
    }

    private mutating func beginAnew() {
        wait()
        pages = TAPPages()
    }

    private mutating func answer(to login: TAP.Login) -> Answer {
        guard let password, password != login.password else {
            wrongLogins = 0
            return .admitted
        }
        wrongLogins += 1
        guard wrongLogins >= Self.loginsMax else { return .wrongPassword }
        wrongLogins = 0
        return .disconnected
    }

    @inline(__always)
    private mutating func wait() { deadline = now.map { $0 + Self.patience } }

    public mutating func heard(at now: Moment) { self.now = now.monotonic }

    public mutating func timedOut(at now: Moment) -> Reply? {
        deadline = nil
        wrongLogins = 0
        pages = TAPPages()
        return nil
    }
}

/// Puts the blocks of a page together. Each block was told by itself before it was acknowledged,
/// so nothing here is the only copy of anything.
struct TAPPages: Sendable {
    /// Of a page put together; what comes behind it is told by its own block only.
    static let bytesMax = 4_096

    /// What a block adds to.
    private struct Progress: Sendable {
        var content: [UInt8] = []
        var blocks = 0
    }

    private var progress = Progress()
    /// The block that came last in a page of several, and what it was added to: the host that has
    /// not heard our answer sends it again.
    private var last: (block: TAP.Block, before: Progress)?

    /// A whole block is a page of its own, and need not be remembered.
    var isBetweenPages: Bool { progress.blocks == 0 && last == nil }

    /// What has come of a page.
    struct Page {
        /// As if it were one block.
        var whole: TAP.Block
        /// The words of the last block alone.
        var own: WireText
        /// Number of the block, from 1; nil when the page is whole.
        var part: Int?
    }

    mutating func take(_ block: TAP.Block) -> Page {
        if let last, last.block == block { progress = last.before }
        last = (block, progress)
        let content = block.content
        let isFirst = progress.blocks == 0
        if progress.content.count + content.count <= Self.bytesMax { progress.content += content }
        progress.blocks += 1
        defer { if block.ending == .page { progress = Progress() } }
        let whole = TAP.Block(progress.content.span, ending: block.ending)
        let isClosed = content.last == TAP.Mark.carriageReturn
        let own = WireText(content.span.extracting(droppingLast: isClosed ? 1 : 0))
        return Page(
            whole: whole, own: isFirst ? whole.text : own,
            part: block.ending == .page ? nil : progress.blocks)
    }
}
