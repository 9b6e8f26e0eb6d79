/// The numbers of pcapng (draft-ietf-opsawg-pcapng), each written once.
///
///     block   type:4  length:4  body, padded to 4  length:4
///     option  code:2  length:2  value, padded to 4           (in the tail of a body)
///
///     section header     magic:4  major:2  minor:2  section length:8          options
///     interface          link type:2  reserved:2  snap length:4               options
///     enhanced packet    interface:4  time high:4  time low:4
///                        captured length:4  original length:4  bytes          options
///
/// All numbers are in the byte order of the machine that wrote the section; its magic tells which.
enum Pcapng {
    /// Type, length, and the length again.
    static let blockOverhead = 12
    static let interfaceFixedBytes = 8

    static let byteOrderMagic: UInt64 = 0x1A2B_3C4D
    /// The magic when it is read in the wrong order.
    static let byteOrderMagicSwapped: UInt64 = 0x4D3C_2B1A
    static let versionMajor: UInt64 = 1
    static let versionMinor: UInt64 = 0
    /// Section length when the writer does not know it yet.
    static let lengthUnknown = UInt64.max

    /// LINKTYPE_USER0: private use, so that no dissector takes the bytes for a network frame.
    static let linkTypePrivate: UInt64 = 147
    /// Decimal digits behind the second: microseconds.
    static let microsecondResolution: UInt8 = 6

    enum Block {
        /// Reads the same in both byte orders.
        static let section: UInt64 = 0x0A0D_0D0A
        static let interface: UInt64 = 1
        static let simplePacket: UInt64 = 3
        static let nameResolution: UInt64 = 4
        static let interfaceStatistics: UInt64 = 5
        static let enhancedPacket: UInt64 = 6

        /// Where reading starts again behind damage. Fewer than all, so that bytes which happen to
        /// look like a block are not taken for one.
        static let landmarks = [
            section, interface, simplePacket, nameResolution, interfaceStatistics, enhancedPacket,
        ]
    }

    enum Option {
        static let end: UInt64 = 0
        static let comment: UInt64 = 1
        static let hardware: UInt64 = 2
        static let operatingSystem: UInt64 = 3
        static let application: UInt64 = 4
        static let interfaceName: UInt64 = 2
        static let interfaceDescription: UInt64 = 3
        static let timeResolution: UInt64 = 9
        static let timeOffset: UInt64 = 14
        static let packetFlags: UInt64 = 2
    }

    /// The low two bits of the packet flags.
    enum Flags {
        static let directionMask: UInt64 = 0b11
        static let inbound: UInt64 = 0b01
        static let outbound: UInt64 = 0b10
    }

    /// `count` rounded up to a multiple of four.
    static func padded(_ count: Int) -> Int { (count + 3) & ~3 }
}
