import AlarmModel

extension RFXtrx {
    public enum Message: Equatable, Sendable {
        case security(Security)
        /// Any other packet. It costs an allocation, and is no alarm.
        case packet(Packet)
    }

    /// What a remote, a contact or a detector says.
    ///
    /// ```
    /// 08 20 | subtype | sequence | id 3 | status, bit 7 tamper | signal 4 bits, battery 4 bits
    /// ```
    public struct Security: Equatable, Sendable {
        public var subtype: UInt8
        /// Counted by the receiver.
        public var sequence: UInt8
        /// 24 bits.
        public var id: UInt32
        /// With bit 7.
        public var status: UInt8
        /// 0...15, 15 the strongest.
        public var signal: UInt8
        /// 0...15, of which 0...9 are a level.
        public var battery: UInt8

        public init(
            subtype: UInt8, sequence: UInt8, id: UInt32, status: UInt8, signal: UInt8,
            battery: UInt8
        ) {
            self.subtype = subtype
            self.sequence = sequence
            self.id = id & 0x00FF_FFFF
            self.status = status
            self.signal = signal & 0x0F
            self.battery = battery & 0x0F
        }

        @inline(__always)
        var signalPercent: UInt8 { UInt8((UInt16(signal) * 100 + 7) / 15) }

        /// Nil above the level that is full, which no device sends.
        @inline(__always)
        var batteryPercent: UInt8? {
            battery > fullBattery ? nil : UInt8((UInt16(battery) * 100 + 4) / UInt16(fullBattery))
        }
    }

    public struct Packet: Equatable, Sendable {
        public var type: UInt8
        /// What follows the type: subtype, sequence, and the rest.
        public var content: [UInt8]

        public init(type: UInt8, content: [UInt8]) {
            self.type = type
            self.content = content
        }

        /// The byte at an offset of the whole packet; 0 behind its end.
        func byte(at offset: Int) -> UInt8 {
            let index = offset - Field.subtype
            return content.indices.contains(index) ? content[index] : 0
        }

        var command: UInt8 { byte(at: Field.command) }
    }

    @inline(__always)
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        guard frame.count > Field.type, frame.count == Int(frame[Field.length]) + 1 else {
            throw .truncated
        }
        guard frame[Field.type] == PacketType.security else {
            let content = frame.extracting(Field.subtype..<frame.count)
            return .packet(Packet(type: frame[Field.type], content: content.array()))
        }
        guard frame[Field.length] == securityLength else { throw .badField }
        let word = frame.uint64(at: Field.type)
        return .security(
            Security(
                subtype: UInt8(truncatingIfNeeded: word >> 48),
                sequence: UInt8(truncatingIfNeeded: word >> 40),
                id: UInt32(truncatingIfNeeded: word >> 16),
                status: UInt8(truncatingIfNeeded: word >> 8),
                signal: UInt8(truncatingIfNeeded: word) >> 4,
                battery: UInt8(truncatingIfNeeded: word)))
    }

    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        switch message {
        case .security(let packet):
            bytes += [securityLength, PacketType.security, packet.subtype, packet.sequence]
            bytes.append(UInt8(truncatingIfNeeded: packet.id >> 16))
            bytes.append(uint16: UInt16(truncatingIfNeeded: packet.id))
            bytes += [packet.status, packet.signal << 4 | packet.battery]
        case .packet(let packet):
            bytes.append(UInt8(truncatingIfNeeded: packet.content.count + 1))
            bytes.append(packet.type)
            bytes += packet.content
        }
    }
}
