import Crypto
import Testing

@testable import StationLedger

@Suite("Digests")
struct DigestTests {
    @Test("No two rows have one digest, however alike their bytes are")
    func digests() {
        let long = [UInt8](repeating: 0x61, count: 63)
        let numbers: [Int64] = [0, 1, -1, 127, 128, -128, -129, 255, 256, .max, .min]
        var rows: [[Value]] = numbers.map { [.number($0)] }
        rows += [[.real(Double(bitPattern: 1))], [.real(0)], [], [.null, .number(1)]]
        rows += [[.text([])], [.blob([])], [.text([0])], [.blob([0])], [.number(1), .number(1)]]
        rows += [62, 63].flatMap { count -> [[Value]] in
            [[.text(Array(long.prefix(count)))], [.blob(Array(long.prefix(count)))]]
        }
        rows += [
            [.text(long + [0x61])], [.text(long), .blob([0x61])], [.text([0x61]), .blob(long)],
        ]
        var digests: [[UInt8]] = rows.map { digest(of: $0, .event) }
        digests.append(digest(of: [], .change))
        #expect(Set(digests).count == rows.count + 1)
        #expect(rows.map { digest(of: $0, .event) } == Array(digests.dropLast()))
        // The bytes as the description of the digest has them, through SHA-256 of its own.
        let message: [UInt8] = [1, 0b101, 0, 0, 0, 0, 0, 0, 0, 2, 0x2C, 0x01, 0x42, 0x6F, 0x6B]
        let row: [Value] = [.number(300), .null, .text([0x6F, 0x6B])]
        #expect(digest(of: row, .event) == Array(SHA256.hash(data: message)))
    }

    private enum Value {
        case null
        case number(Int64)
        case real(Double)
        case text([UInt8])
        case blob([UInt8])
    }

    private func digest(of row: [Value], _ kind: RecordKind) -> [UInt8] {
        var digests = DigestWriter()
        for value in row {
            switch value {
            case .null: digests.addNull()
            case .number(let number): digests.add(number: number)
            case .real(let number): digests.add(real: number)
            case .text(let bytes): digests.add(bytes.span, isText: true)
            case .blob(let bytes): digests.add(bytes.span, isText: false)
            }
        }
        return digests.finish(kind).bytes
    }
}
