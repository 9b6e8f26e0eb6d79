import AlarmModel

/// What has to reach an operator: a call from one place.
struct Call {
    var address: ShortText
    var text: String

    /// Of this number, so that each is an alert of its own.
    init(_ number: Int) {
        address = ShortText(decimal: 100 + number)
        text = "ROOM \(number)"
    }
}

/// A nurse call that speaks ESPA 4.4.4.
struct ESPAPeer {
    static let (eot, ack, nak): (UInt8, UInt8, UInt8) = (0x04, 0x06, 0x15)

    let line: Conversation

    static func enquiry(_ address: Int) -> [UInt8] { [0x30 + UInt8(address), 0x05] }

    static func block(_ call: Call) -> [UInt8] {
        var checked: [UInt8] = [0x31, 0x02, 0x31, 0x1F]
        checked += Array(call.address.string.utf8) + [0x1E, 0x32, 0x1F] + Array(call.text.utf8)
        checked += [0x1E, 0x34, 0x1F, 0x33, 0x1E, 0x36, 0x1F, 0x31, 0x03]
        return [0x01] + checked + [checked.reduce(0, ^)]
    }

    /// Takes the line as control station, and calls. True when the call was acknowledged.
    func call(_ call: Call) -> Bool {
        line.flush()
        line.send(Self.enquiry(1) + Self.enquiry(2))
        return transfer(call)
    }

    /// From the select to the EOT.
    func transfer(_ call: Call) -> Bool {
        defer { line.send([Self.eot]) }
        guard line.receive(oneOf: [Self.ack], within: .milliseconds(2_500)) != nil
        else { return false }
        for _ in 0..<4 {
            line.flush()
            line.send(Self.block(call))
            let answer = line.receive(oneOf: [Self.ack, Self.nak], within: .seconds(4))
            if answer == Self.ack { return true }
        }
        return false
    }
}

/// Stations that are polled, and call when they have something to say.
struct ESPAStations {
    let line: Conversation
    /// By address.
    var calls: [Int: [Call]]

    var isDone: Bool { calls.values.allSatisfy(\.isEmpty) }

    /// Answers polls until a call got through, which it returns, or until `end`.
    mutating func turn(until end: MonotonicTime) -> Call? {
        var before: UInt8 = 0
        while let byte = line.receive(within: end - line.now.monotonic) {
            defer { before = byte }
            guard byte == 0x05, let waiting = calls[Int(before) - 0x30] else { continue }
            guard let call = waiting.first else {
                line.send([ESPAPeer.eot])
                continue
            }
            line.send(ESPAPeer.enquiry(2))
            guard ESPAPeer(line: line).transfer(call) else { continue }
            calls[Int(before) - 0x30]?.removeFirst()
            return call
        }
        return nil
    }
}

/// A paging host that speaks TAP 1.8.
struct TAPPeer {
    static let (ack, nak, rs, eot): (UInt8, UInt8, UInt8, UInt8) = (0x06, 0x15, 0x1E, 0x04)

    let line: Conversation

    /// - Parameter end: ETX, or what says that another block follows.
    static func block(_ content: [UInt8], end: UInt8 = 0x03) -> [UInt8] {
        let summed = [0x02] + content + [end]
        let sum = summed.reduce(0) { $0 + Int($1) }
        return summed + [8, 4, 0].map { 0x30 + UInt8(sum >> $0 & 15) } + [0x0D]
    }

    static func blocks(_ call: Call, parts: Int = 1) -> [[UInt8]] {
        let content =
            Array(call.address.string.utf8) + [0x0D] + Array(call.text.utf8) + [0x0D]
        let size = (content.count + parts - 1) / parts
        return stride(from: 0, to: content.count, by: size).map { start in
            let end = min(start + size, content.count)
            return block(
                Array(content[start..<end]), end: end == content.count ? 0x03 : 0x1F)
        }
    }

    /// Logs in, pages and logs out. True when all of the page was acknowledged.
    func page(_ call: Call, parts: Int = 1) -> Bool {
        guard logIn() else { return false }
        defer { logOut() }
        return Self.blocks(call, parts: parts).allSatisfy { isAcknowledged($0) }
    }

    func logIn() -> Bool {
        for _ in 0..<3 {
            line.flush()
            line.send([0x0D])
            guard line.receive(oneOf: Array("=".utf8), within: .seconds(2)) != nil
            else { continue }
            line.send([0x1B] + Array("PG1\r".utf8))
            guard line.receive(oneOf: [Self.ack], within: .seconds(10)) != nil,
                line.receive(oneOf: Array("p".utf8), within: .seconds(10)) != nil
            else { continue }
            return true
        }
        return false
    }

    private func isAcknowledged(_ block: [UInt8]) -> Bool {
        for _ in 0..<4 {
            line.flush()
            line.send(block)
            let answer = line.receive(
                oneOf: [Self.ack, Self.nak, Self.rs, Self.eot], within: .seconds(10))
            switch answer {
            case Self.ack: return true
            case Self.rs, Self.eot: return false
            default: continue
            }
        }
        return false
    }

    private func logOut() {
        line.send([Self.eot, 0x0D])
        _ = line.receive(oneOf: [Self.eot], within: .seconds(2))
    }
}
