/// The integrity checks of the wires. Each names its parameters the way checksum catalogues do,
/// and its check value: the result over the nine ASCII bytes "123456789".
///
/// Tables are built once, at first use, from the polynomial that stands here.
public enum Checksums {
    /// CRC-16/X-25: poly 0x1021 reflected, init 0xFFFF, xorout 0xFFFF. Check 0x906E.
    public static func crc16x25(_ bytes: Span<UInt8>) -> UInt16 {
        ~reflected(bytes, tables: x25Tables.span, initial: 0xFFFF)
    }

    /// The same of the four bytes of a word, the highest first.
    @inline(__always)
    static func crc16x25(bigEndian word: UInt32) -> UInt16 {
        ~folded(UInt64(word.byteSwapped ^ 0xFFFF), count: 4, tables: x25Tables.span)
    }

    /// CRC-16/ARC: poly 0x8005 reflected, init 0, xorout 0. Check 0xBB3D.
    public static func crc16arc(_ bytes: Span<UInt8>) -> UInt16 {
        reflected(bytes, tables: arcTables.span, initial: 0)
    }

    /// CRC-16/XMODEM: poly 0x1021, init 0, not reflected. Check 0x31C3.
    public static func crc16xmodem(_ bytes: Span<UInt8>) -> UInt16 {
        var crc: UInt16 = 0
        for index in bytes.indices {
            crc = crc << 8 ^ xmodemTable[Int(UInt8(truncatingIfNeeded: crc >> 8) ^ bytes[index])]
        }
        return crc
    }

    /// CRC-32C (Castagnoli): poly 0x1EDC6F41 reflected, init and xorout all ones. Check 0xE3069283.
    public static func crc32c(_ bytes: Span<UInt8>) -> UInt32 {
        ~reflected(bytes, tables: castagnoliTables.span, initial: 0xFFFF_FFFF)
    }

    /// CRC-8 with poly 0x07, init 0 (EnOcean ESP3). Check 0xF4.
    @inline(__always)
    public static func crc8(_ bytes: Span<UInt8>) -> UInt8 {
        let tables = crc8Tables.span
        precondition(tables.count == 4 * 256)  // Said once here, it is not checked at each byte.
        var crc: UInt8 = 0
        var index = 0
        while index &+ 4 <= bytes.count {
            crc =
                tables[768 &+ Int(crc ^ bytes[index])] ^ tables[512 &+ Int(bytes[index &+ 1])]
                ^ tables[256 &+ Int(bytes[index &+ 2])] ^ tables[Int(bytes[index &+ 3])]
            index &+= 4
        }
        while index < bytes.count {
            crc = tables[Int(crc ^ bytes[index])]
            index &+= 1
        }
        return crc
    }

    /// XOR of all bytes (JT/T 808, NMEA, ESPA). Check 0x31.
    public static func xor8(_ bytes: Span<UInt8>) -> UInt8 { bytes.xor(0..<bytes.count) }

    private static let x25Tables = reflectedTables(polynomial: UInt16(0x8408))
    private static let arcTables = reflectedTables(polynomial: UInt16(0xA001))
    private static let castagnoliTables = reflectedTables(polynomial: UInt32(0x82F6_3B78))
    private static let xmodemTable = forwardTable(polynomial: UInt16(0x1021))
    /// Four tables in a row, as below: what a byte does 0, 1, 2 and 3 bytes further on.
    private static let crc8Tables: [UInt8] = {
        let first = forwardTable(polynomial: UInt8(0x07))
        var tables = first
        for index in 256..<4 * 256 { tables.append(first[Int(tables[index - 256])]) }
        return tables
    }()

    /// Eight bytes at a time, then what is left one by one. The last of the eight are looked up
    /// first, because the first two have to wait for the checksum so far.
    ///
    /// - Parameter tables: of ``reflectedTables(polynomial:)``.
    @inline(__always)
    private static func reflected<Word: FixedWidthInteger & UnsignedInteger>(
        _ bytes: Span<UInt8>, tables: Span<Word>, initial: Word
    ) -> Word {
        var crc = initial
        var index = 0
        while index <= bytes.count &- 8 {
            let word = bytes.word(at: index) ^ UInt64(truncatingIfNeeded: crc)
            crc = folded(word, count: 8, tables: tables)
            index &+= 8
        }
        if index &+ 4 <= bytes.count {
            let word = bytes.word(at: index, count: 4) ^ UInt64(truncatingIfNeeded: crc)
            crc = folded(word, count: 4, tables: tables)
            index &+= 4
        }
        while index < bytes.count {
            crc = crc >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[index])]
            index &+= 1
        }
        return crc
    }

    /// The checksum behind `count` bytes, the lowest first, with the one before them laid over the
    /// first of them.
    @inline(__always)
    private static func folded<Word: FixedWidthInteger & UnsignedInteger>(
        _ bytes: UInt64, count: Int, tables: Span<Word>
    ) -> Word {
        precondition(tables.count == 8 * 256)  // Said once here, it is not checked at each byte.
        var crc: Word = 0
        for place in (0..<count).reversed() {
            let byte = Int(UInt8(truncatingIfNeeded: bytes >> UInt64(8 * place)))
            crc ^= tables[(count - 1 - place) * 256 + byte]
        }
        return crc
    }

    /// Eight tables in a row: what a byte does to the checksum 0, 1, ... 7 bytes further on, so
    /// that eight bytes are looked up side by side and not one after the other.
    private static func reflectedTables<Word: FixedWidthInteger>(polynomial: Word) -> [Word] {
        let first = reflectedTable(polynomial: polynomial)
        var tables = first
        for index in 256..<8 * 256 {
            let before = tables[index - 256]
            tables.append(before >> 8 ^ first[Int(before & 0xFF)])
        }
        return tables
    }

    /// Lowest bit first: the polynomial is given reflected.
    private static func reflectedTable<Word: FixedWidthInteger>(polynomial: Word) -> [Word] {
        (0..<256).map { byte in
            var crc = Word(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ polynomial : crc >> 1 }
            return crc
        }
    }

    /// Highest bit first.
    private static func forwardTable<Word: FixedWidthInteger>(polynomial: Word) -> [Word] {
        let top = Word(1) << (Word.bitWidth - 1)
        return (0..<256).map { byte in
            var crc = Word(byte) << (Word.bitWidth - 8)
            for _ in 0..<8 { crc = crc & top != 0 ? crc << 1 ^ polynomial : crc << 1 }
            return crc
        }
    }
}
