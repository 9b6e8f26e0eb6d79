import AlarmModel
import Testing

@Suite("Text forms of numbers, times and bytes")
struct TextFormTests {
    @Test(
        "A fixed-point number keeps one decimal and drops trailing zeros",
        arguments: [
            (399_165_270, 7, "39.916527"), (4_500, 2, "45.0"), (0, 7, "0.0"), (-1, 7, "-0.0000001"),
            (-123_456_789, 7, "-12.3456789"), (7, 0, "7"), (1, 18, "0.000000000000000001"),
            (Int64.min, 1, "-922337203685477580.8"), (Int64.max, 0, "9223372036854775807"),
        ])
    func fixedPointIsWritten(value: Int64, decimals: Int, text: String) {
        #expect(fixedPointText(value, decimals: decimals) == text)
        #expect(fixedPoint(text, decimals: decimals) == value)
    }

    @Test(
        "A decimal may be typed with fewer digits or with zeros behind",
        arguments: [("45", 4_500), ("45.000", 4_500), ("-0.5", -50), ("007.1", 710), ("-0", 0)])
    func decimalIsRead(text: String, value: Int64) {
        #expect(fixedPoint(text, decimals: 2) == value)
    }

    @Test(
        "What is no exact decimal is refused",
        arguments: [
            "", "-", ".", "1.", ".5", "1.234", "1,5", "+1", "1e3", " 1", "1 ", "1.2.3", "٣", "--1",
            "92233720368547758.08", "99999999999999999999",
        ])
    func notADecimal(text: String) {
        #expect(fixedPoint(text, decimals: 2) == nil)
    }

    @Test(
        "RFC 3339 is read with any offset and fraction",
        arguments: [
            ("2026-11-21T09:25:58Z", "2026-11-21T09:25:58Z"),
            ("2026-11-21t09:25:58z", "2026-11-21T09:25:58Z"),
            ("2026-11-21T17:25:58+08:00", "2026-11-21T09:25:58Z"),
            ("2026-11-20T23:55:58-09:30", "2026-11-21T09:25:58Z"),
            ("2026-11-21T09:25:58.5Z", "2026-11-21T09:25:58.500000Z"),
            ("2026-11-21T09:25:58.1234567Z", "2026-11-21T09:25:58.123456Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        ])
    func timeIsRead(text: String, canonical: String) throws {
        #expect(try #require(WallTime(rfc3339: text)).rfc3339 == canonical)
    }

    @Test(
        "What is no RFC 3339 time, or no date, is refused",
        arguments: [
            "", "2026-11-21", "2026-11-21T09:25:58", "2026-11-21 09:25:58Z", "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T09:25:58.Z",
            "2026-11-21T09:25:58+0800", "2026-11-21T09:25:58+24:00", "2026-11-21T09:25:58Z ",
            "0000-01-01T00:00:00Z", "+026-11-21T09:25:58Z", "2026-11-21T09:25:58ZZ",
        ])
    func notATime(text: String) {
        #expect(WallTime(rfc3339: text) == nil)
    }

    @Test("A time of the years 1 to 9999 comes back from its text", arguments: [UInt64(1), 2, 3])
    func timeRoundTrip(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<2_000 {
            let range: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999
            let time = WallTime(microseconds: .random(in: range, using: &random))
            #expect(WallTime(rfc3339: time.rfc3339) == time, "seed \(seed)")
        }
    }

    @Test("Bytes come back from their hexadecimal text, spaced or not, in either case")
    func hexRoundTrip() throws {
        let all = (UInt8.min...UInt8.max).map { $0 }
        #expect(try bytes(hex: hexText(all)) == all)
        #expect(try bytes(hex: hexText(all, spaced: true)) == all)
        #expect(try bytes(hex: hexText(all).uppercased()) == all)
        #expect(hexText([0x7E, 0x02, 0x00]) == "7e0200")
        #expect(hexText([0x7E, 0x02, 0x00], spaced: true) == "7e 02 00")
        #expect(try bytes(hex: " \t7e 0200  ") == [0x7E, 0x02, 0x00])
    }

    @Test(
        "A mistake in hexadecimal is shown with its column",
        arguments: [
            ("7e 0", 5, HexError.Reason.halfByte), ("7 e", 2, .halfByte),
            ("7e 0g", 5, .notADigit("g")), ("é", 1, .notADigit("é")),
            ("7e\r\n", 3, .notADigit("\r")),
        ])
    func hexMistake(text: String, column: Int, reason: HexError.Reason) {
        let error = #expect(throws: HexError.self) { try bytes(hex: text) }
        #expect(error?.column == column)
        #expect(error?.reason == reason)
    }
}
