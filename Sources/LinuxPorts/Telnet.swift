/// Takes telnet's commands (RFC 854) out of a stream of bytes. Pure, and indifferent to where the
/// stream is cut. Data is binary: neither side translates line ends.
struct TelnetReader {
    enum Command: Equatable {
        /// WILL, WONT, DO or DONT, and the option that it is about.
        case negotiation(UInt8, UInt8)
        /// What stands between SB and SE, with doubled FFs undone.
        case subnegotiation([UInt8])
    }

    private enum State {
        case data
        case command
        case option(UInt8)
        case subnegotiation
        case commandInSubnegotiation
    }

    /// Bytes of a subnegotiation; none that is understood is longer. One that goes on beyond that
    /// has lost its end, and what follows is data again.
    static let subnegotiationMax = 128

    private var state = State.data
    private var collected: [UInt8] = []

    /// Moves the data among `bytes` to their start, returns how much that is, and tells each
    /// command in between.
    mutating func read(
        _ bytes: inout MutableSpan<UInt8>, _ command: (Command) -> Void
    ) -> Int {
        var kept = 0
        for index in bytes.indices {
            guard let byte = next(bytes[index], command) else { continue }
            bytes[kept] = byte
            kept += 1
        }
        return kept
    }

    /// The data byte that is whole with `byte`, if one is.
    private mutating func next(_ byte: UInt8, _ command: (Command) -> Void) -> UInt8? {
        switch state {
        case .data:
            guard byte == Telnet.interpret else { return byte }
            state = .command
        case .command: return begin(byte)
        case .option(let verb):
            state = .data
            command(.negotiation(verb, byte))
        case .subnegotiation:
            if byte == Telnet.interpret { state = .commandInSubnegotiation } else { collect(byte) }
        case .commandInSubnegotiation:
            switch byte {
            case Telnet.interpret:
                state = .subnegotiation
                collect(byte)
            case Telnet.end:
                state = .data
                command(.subnegotiation(collected))
            default: return begin(byte)
            }
        }
        return nil
    }

    private mutating func begin(_ byte: UInt8) -> UInt8? {
        state = .data
        switch byte {
        case Telnet.interpret: return byte
        case Telnet.will, Telnet.wont, Telnet.do, Telnet.dont: state = .option(byte)
        case Telnet.begin:
            collected = []
            state = .subnegotiation
        // Go-aheads, breaks and the like say nothing about a serial line.
        default: break
        }
        return nil
    }

    private mutating func collect(_ byte: UInt8) {
        collected.append(byte)
        state = collected.count > Self.subnegotiationMax ? .data : .subnegotiation
    }
}

/// Telnet's words, and what is said with them.
enum Telnet {
    static let end: UInt8 = 240
    static let begin: UInt8 = 250
    static let will: UInt8 = 251
    static let wont: UInt8 = 252
    static let `do`: UInt8 = 253
    static let dont: UInt8 = 254
    static let interpret: UInt8 = 255

    /// The answer that undoes a request: DONT to WILL, WONT to DO.
    static func refusal(of verb: UInt8) -> UInt8? {
        switch verb {
        case will: dont
        case `do`: wont
        default: nil
        }
    }

    static func negotiation(_ verb: UInt8, _ option: UInt8) -> [UInt8] {
        [interpret, verb, option]
    }

    static func subnegotiation(_ payload: [UInt8]) -> [UInt8] {
        [interpret, begin] + escaped(payload.span) + [interpret, end]
    }

    /// Data as it is sent: every FF twice.
    static func escaped(_ bytes: Span<UInt8>) -> [UInt8] {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(bytes.count)
        for index in bytes.indices {
            escaped.append(bytes[index])
            if bytes[index] == interpret { escaped.append(interpret) }
        }
        return escaped
    }
}
