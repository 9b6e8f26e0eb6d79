import AlarmModel

extension TocsinLink {
    /// The check bytes are verified here too, because the scan lets pass what looks like an EVENT.
    @inline(__always)
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        var room = COBS.Room(repeating: 0)
        guard let count = unpack(frame, into: &room) else { throw .truncated }
        let content = room.span.extracting(0..<count)
        guard content.isOfPossibleLength, content.isIntactContent else { throw .truncated }
        guard content[ContentField.version] == version else { throw .unknownFormat }
        let body = content.extracting(content.contentBodyRange)
        let header = content.contentHeader
        switch content.contentType {
        case MessageType.event: return Message(header, .event(try Report(body)))
        case MessageType.keepAlive: return Message(header, .keepAlive(try KeepAlive(body)))
        case MessageType.hello: return Message(header, .hello(try Hello(body)))
        case MessageType.stationHello: return Message(header, .stationHello(try Hello(body)))
        case MessageType.ack: return Message(header, .ack)
        case MessageType.nak:
            guard body.count >= 1 else { throw .truncated }
            return Message(header, .nak(body[0]))
        case let type: return Message(header, .other(type: type))
        }
    }
}

extension TocsinLink.Hello {
    private enum Offset {
        static let version = 0
        static let capabilities = 1
        static let fields = 5
    }

    @inline(never)
    init(_ body: Span<UInt8>) throws(DecodeError) {
        guard body.count >= Offset.fields else { throw .truncated }
        version = body[Offset.version]
        capabilities = body.uint32LE(at: Offset.capabilities)
        // Names are for people: one that breaks off is left out.
        _ = body.forEachField(from: Offset.fields) { tag, value in
            switch tag {
            case TocsinLink.Tag.maker: maker = value.text(atMost: TocsinLink.TextLimit.name)
            case TocsinLink.Tag.model: model = value.text(atMost: TocsinLink.TextLimit.name)
            case TocsinLink.Tag.serial: serial = value.text(atMost: TocsinLink.TextLimit.name)
            default: break
            }
            return true
        }
    }
}

extension TocsinLink.KeepAlive {
    private enum Offset {
        static let state = 0
        static let fields = 2
    }

    @inline(never)
    init(_ body: Span<UInt8>) throws(DecodeError) {
        guard body.count >= Offset.fields else { throw .truncated }
        state = body.uint16LE(at: Offset.state)
        if !fields.read(body, from: Offset.fields) { state |= TocsinLink.receiverFaultBit }
    }
}

extension TocsinLink.Report {
    private enum Offset {
        static let tick = 0
        static let flags = 4
        static let addressCount = 5
        static let address = 6
    }

    /// ```
    /// tick 4 | flags 1 | n 1 | address n | m 1 | kinds m | fields
    /// ```
    @inline(always)
    init(_ body: Span<UInt8>) throws(DecodeError) {
        guard body.count > Offset.address else { throw .truncated }
        let kindCountOffset = Offset.address + Int(body[Offset.addressCount])
        guard body.count > kindCountOffset else { throw .truncated }
        let kindsOffset = kindCountOffset + 1
        let fieldsOffset = kindsOffset + Int(body[kindCountOffset])
        guard body.count >= fieldsOffset else { throw .truncated }
        self.init(body, kinds: kindsOffset..<fieldsOffset)
    }

    @inline(always)
    private init(_ body: Span<UInt8>, kinds kindsRange: Range<Int>) {
        kinds = TocsinLink.KindSet()
        tick = body.uint32LE(at: Offset.tick)
        let flags = body[Offset.flags]
        isRestored = flags & TocsinLink.EventFlag.restored != 0
        isTest = flags & TocsinLink.EventFlag.test != 0
        isLate = flags & TocsinLink.EventFlag.late != 0
        address = body.extracting(Offset.address..<kindsRange.lowerBound - 1)
            .printable(atMost: TocsinLink.TextLimit.address)
        for index in kindsRange { kinds.insert(code: body[index]) }
        // What the device raised counts all the same, behind it the defect of its message.
        if !fields.read(body, from: kindsRange.upperBound) {
            kinds.insert(code: TocsinLink.KindCode.deviceFault)
        }
    }
}

extension TocsinLink.Fields {
    /// False when a field is wrong, which leaves that field out.
    @inline(always)
    fileprivate mutating func read(_ body: Span<UInt8>, from start: Int) -> Bool {
        var place: Position?
        let isGood = body.forEachField(from: start) { tag, value in
            tag <= TocsinLink.Tag.fixedAt && tag > 0
                ? value.take(tag, into: &place) : take(tag, value)
        }
        if let place { position = place }
        return isGood
    }

    /// False when the value is impossible.
    @inline(__always)
    private mutating func take(_ tag: UInt8, _ value: Span<UInt8>) -> Bool {
        typealias Tag = TocsinLink.Tag
        typealias TextLimit = TocsinLink.TextLimit
        switch tag {
        case Tag.clock:
            clock = value.time()
            return clock != nil
        case Tag.battery:
            batteryPercent = value.percent()
            return batteryPercent != nil
        case Tag.signal:
            signalPercent = value.percent()
            return signalPercent != nil
        case Tag.zone:
            zone = value.uint32()
            return zone != nil
        case Tag.partition:
            partition = value.uint16()
            return partition != nil
        case Tag.fence: fence = value.printable(atMost: TextLimit.fence)
        case Tag.code: code = value.printable(atMost: TextLimit.code)
        case Tag.text: text = value.text(atMost: TextLimit.text)
        default: break
        }
        return true
    }
}

extension Span<UInt8> {
    /// A position, or what belongs to the one in front; without one there is nothing to belong to.
    @inline(__always)
    fileprivate func take(_ tag: UInt8, into position: inout Position?) -> Bool {
        typealias Tag = TocsinLink.Tag
        switch tag {
        case Tag.position:
            position = self.position()
            return position != nil
        case Tag.accuracy:
            position?.accuracyCentimeters = natural()
            return natural() != nil
        case Tag.altitude:
            position?.altitudeCentimeters = int32()
            return int32() != nil
        case Tag.speed:
            position?.speedMillimetersPerSecond = natural()
            return natural() != nil
        case Tag.course:
            position?.courseCentidegrees = course()
            return course() != nil
        default:
            position?.fixedAt = time()
            return time() != nil
        }
    }
}

extension Span<UInt8> {
    /// Hands out `tag 1 | n 1 | value n`, one after the other, to the end. False when `take`
    /// refused one, or when the last breaks off.
    @inline(__always)
    fileprivate func forEachField(
        from start: Int, _ take: (_ tag: UInt8, _ value: Span<UInt8>) -> Bool
    ) -> Bool {
        var isGood = true
        var offset = start
        while offset &+ 2 <= count {
            let valueOffset = offset &+ 2
            let end = valueOffset &+ Int(self[offset &+ 1])
            guard end <= count else { return false }
            if !take(self[offset], extracting(valueOffset..<end)) { isGood = false }
            offset = end
        }
        return isGood && offset == count
    }
}

/// One value of a field. A value longer than described comes from a later version, which adds at
/// the end: its front is read.
extension Span<UInt8> {
    @inline(__always)
    fileprivate func uint16() -> UInt16? { count >= 2 ? uint16LE(at: 0) : nil }
    @inline(__always)
    fileprivate func uint32() -> UInt32? { count >= 4 ? uint32LE(at: 0) : nil }
    @inline(__always)
    fileprivate func int32() -> Int32? { uint32().map { Int32(bitPattern: $0) } }
    @inline(__always)
    fileprivate func time() -> WallTime? {
        guard count >= 8 else { return nil }
        let time = WallTime(microseconds: Int64(bitPattern: word(at: 0)))
        return WallTime.sayable.contains(time) ? time : nil
    }

    /// A number without a sign that fits in 31 bits.
    @inline(__always)
    fileprivate func natural() -> Int32? { uint32().flatMap { Int32(exactly: $0) } }

    @inline(__always)
    fileprivate func percent() -> UInt8? { count >= 1 && self[0] <= 100 ? self[0] : nil }

    @inline(__always)
    fileprivate func course() -> Int32? {
        uint16().flatMap { $0 < 36_000 ? Int32($0) : nil }
    }

    /// `latitude 4 | longitude 4 | flags 1`, bit 0 of the flags: there is a fix.
    @inline(__always)
    fileprivate func position() -> Position? {
        guard count >= 9 else { return nil }
        let latitude = Int32(bitPattern: uint32LE(at: 0))
        let longitude = Int32(bitPattern: uint32LE(at: 4))
        guard (-900_000_000...900_000_000).contains(latitude),
            (-1_800_000_000...1_800_000_000).contains(longitude)
        else { return nil }
        return Position(
            latitudeE7: latitude, longitudeE7: longitude, isValid: self[8] & 1 != 0)
    }

    /// The first bytes, `?` for each that does not print; nil for none.
    ///
    /// - Parameter limit: 1...16.
    @inline(__always)
    fileprivate func printable(atMost limit: Int) -> ShortText? {
        let length = Swift.min(count, limit)
        guard length > 0 else { return nil }
        let low = word(at: 0, count: Swift.min(length, 8))
        let high = length > 8 ? word(at: 8, count: length &- 8) : 0
        let text = ShortText(littleEndian: low, high, count: length)
        let unused = (
            UInt64.max << UInt64(truncatingIfNeeded: length &* 8),
            UInt64.max << UInt64(truncatingIfNeeded: Swift.max(length, 8) &* 8 &- 64)
        )
        let isGraphic =
            (low | unused.0 & 0x3F3F_3F3F_3F3F_3F3F).isGraphicASCII
            && (high | unused.1 & 0x3F3F_3F3F_3F3F_3F3F).isGraphicASCII
        return isGraphic ? text : mended(length)
    }

    private func mended(_ length: Int) -> ShortText {
        var text = ShortText()
        for index in 0..<length {
            let isPrintable = (0x21...0x7E).contains(self[index])
            text.append(isPrintable ? self[index] : UInt8(ascii: "?"))
        }
        return text
    }

    /// UTF-8, mended where it is none, cut between two characters; nil for none.
    fileprivate func text(atMost limit: Int) -> String? {
        guard count > 0 else { return nil }
        let text = String(decoding: array(), as: UTF8.self)
        return text.cut(toUTF8Count: limit)
    }
}

extension String {
    /// The text as far as whole characters of it go in `limit` bytes.
    func cut(toUTF8Count limit: Int) -> String {
        var text = self
        while text.utf8.count > limit { text.unicodeScalars.removeLast() }
        return text
    }
}
