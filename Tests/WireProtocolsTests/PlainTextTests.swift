import AlarmModel
import Foundation
import Testing

/// Text that is made eight digits at a time, held against the slow way to say the same.
@Suite("Plain text")
struct PlainTextTests {
    private func text(
        room: Int, _ write: (inout TextBuffer) -> Void
    ) -> String {
        var text = TextBuffer(room: room)
        write(&text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    /// Of every length, with the ends of all lengths, and some thousand between.
    private static let numbers: [Int64] = {
        var random = SplitMix64(seed: 17)
        var numbers: [Int64] = [0, .min, .max]
        var power: Int64 = 1
        for _ in 0..<19 {
            numbers += [power - 1, power, power + 1, -power]
            power = power.multipliedReportingOverflow(by: 10).partialValue
        }
        for shift in 0..<64 {
            for _ in 0..<50 { numbers.append(Int64(bitPattern: random.next()) >> Int64(shift)) }
        }
        return numbers
    }()

    @Test("Every number is its digits, with and without room to spare")
    func decimals() {
        for number in Self.numbers {
            let digits = String(number)
            #expect(text(room: 40) { $0.append(decimal: number) } == digits)
            #expect(text(room: digits.utf8.count) { $0.append(decimal: number) } == digits)
        }
    }

    @Test("A decimal has no zero too many and none too few", arguments: 0...18)
    func fixedPoints(_ decimals: Int) {
        for number in Self.numbers {
            let said = fixedPointText(number, decimals: decimals)
            #expect(fixedPoint(said, decimals: decimals) == number)
            let parts = said.split(separator: ".")
            #expect(parts.count == (decimals == 0 ? 1 : 2))
            if let fraction = parts.dropFirst().first, fraction.count > 1 {
                #expect(fraction.last != "0", "\(said)")
            }
        }
    }

    @Test("A time is what Foundation says, to the microsecond")
    func times() throws {
        var random = SplitMix64(seed: 18)
        let formatter = ISO8601DateFormatter()
        let ends = WallTime.sayable
        // Foundation has another calendar before 1582.
        let first = try #require(WallTime(rfc3339: "1600-01-01T00:00:00Z")).microseconds
        for _ in 0..<2_000 {
            let time = Int64.random(in: first...ends.upperBound.microseconds, using: &random)
            let second = (time / 1_000_000) - (time % 1_000_000 < 0 ? 1 : 0)
            let fraction = time - second * 1_000_000
            let date = formatter.string(from: Date(timeIntervalSince1970: Double(second)))
            let digits = String(String(1_000_000 + fraction).dropFirst())
            let whole = text(room: 27) { $0.append(WallTime(microseconds: time), isWhole: true) }
            #expect(whole == date.dropLast() + "." + digits + "Z")
            #expect(WallTime(microseconds: second * 1_000_000).rfc3339 == date)
        }
        #expect(WallTime(microseconds: .min).rfc3339 == "0001-01-01T00:00:00Z")
        #expect(WallTime(microseconds: .max).rfc3339 == "9999-12-31T23:59:59.999999Z")
    }

    @Test("Bytes of every length and ids are their digits")
    func digits() {
        var random = SplitMix64(seed: 19)
        for count in 0...64 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let digits = bytes.map { String(format: "%02x", $0) }.joined()
            #expect(hexText(bytes) == digits)
            #expect(text(room: count * 2 + 8) { $0.append(hex: bytes.span) } == digits)
            let id = UUIDv7(high: random.next(), low: random.next())
            #expect(UUIDv7(id.description) == id)
            #expect(UUID(uuidString: id.description)?.uuidString.lowercased() == id.description)
        }
    }
}
