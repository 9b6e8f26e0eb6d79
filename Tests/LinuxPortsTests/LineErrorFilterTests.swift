import Testing

@testable import LinuxPorts

@Suite("The filter that takes the tty layer's error marks out")
struct LineErrorFilterTests {
    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var marked: [UInt8]
        var clean: [UInt8]
        var errors = LineErrors()
    }

    static let cases = [
        Case(testDescription: "nothing", marked: [], clean: []),
        Case(testDescription: "plain bytes", marked: [0x7E, 0, 0x80], clean: [0x7E, 0, 0x80]),
        Case(testDescription: "a true FF", marked: [1, 0xFF, 0xFF, 2], clean: [1, 0xFF, 2]),
        Case(
            testDescription: "three true FF",
            marked: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], clean: [0xFF, 0xFF, 0xFF]),
        Case(
            testDescription: "a damaged byte", marked: [0x35, 0xFF, 0, 0x58, 0x31],
            clean: [0x35, 0xFF, 0x31], errors: LineErrors(damagedBytes: 1)),
        Case(
            testDescription: "a damaged FF", marked: [0xFF, 0, 0xFF, 0x31],
            clean: [0xFF, 0x31], errors: LineErrors(damagedBytes: 1)),
        Case(
            testDescription: "a break", marked: [0xFF, 0, 0, 0, 0x31], clean: [0xFF, 0, 0x31],
            errors: LineErrors(breaks: 1)),
        Case(
            testDescription: "all of them in a row",
            marked: [0xFF, 0xFF, 0xFF, 0, 0, 0xFF, 0, 1, 0xFF, 0xFF, 0],
            clean: [0xFF, 0xFF, 0xFF, 0xFF, 0], errors: LineErrors(damagedBytes: 1, breaks: 1)),
    ]

    @Test("However the bytes are cut into reads, the outcome is the same", arguments: cases)
    func everyCut(_ test: Case) {
        let count = test.marked.count
        for first in 0...count {
            for second in first...count {
                let reads = [
                    test.marked[..<first], test.marked[first..<second], test.marked[second...],
                ]
                let (clean, errors) = filtered(reads)
                #expect(clean == test.clean, "cut at \(first) and \(second)")
                #expect(errors == test.errors, "cut at \(first) and \(second)")
            }
        }
        let (clean, errors) = filtered(test.marked.indices.map { test.marked[$0...$0] })
        #expect(clean == test.clean, "byte by byte")
        #expect(errors == test.errors, "byte by byte")
    }

    @Test("What the kernel marks comes out as it went in, in reads of any length")
    func random() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix(state: seed)
        for _ in 0..<200 {
            var marked: [UInt8] = []
            var clean: [UInt8] = []
            var errors = LineErrors()
            for _ in 0..<Int.random(in: 0...300, using: &generator) {
                // Few values, so that marks and what looks like them are frequent.
                let values: [UInt8] = [0, 0xFF, 0x7E, 1]
                let byte = values.randomElement(using: &generator) ?? 0
                let isDamaged = Int.random(in: 0..<4, using: &generator) == 0
                if isDamaged {
                    marked += [0xFF, 0, byte]
                    if byte == 0 { errors.breaks += 1 } else { errors.damagedBytes += 1 }
                } else {
                    marked += byte == 0xFF ? [0xFF, 0xFF] : [byte]
                }
                clean.append(isDamaged ? 0xFF : byte)
            }
            var reads: [ArraySlice<UInt8>] = []
            var rest = marked[...]
            while !rest.isEmpty {
                reads.append(rest.prefix(Int.random(in: 1...40, using: &generator)))
                rest = rest.dropFirst(reads.last?.count ?? 0)
            }
            let outcome = filtered(reads)
            #expect(outcome.clean == clean, "seed \(seed)")
            #expect(outcome.errors == errors, "seed \(seed)")
        }
    }

    private func filtered(
        _ reads: [ArraySlice<UInt8>]
    ) -> (clean: [UInt8], errors: LineErrors) {
        var filter = LineErrorFilter()
        var errors = LineErrors()
        var clean: [UInt8] = []
        for read in reads {
            var bytes = Array(read)
            var span = bytes.mutableSpan
            let kept = filter.filter(&span, counting: &errors)
            clean += bytes.prefix(kept)
        }
        return (clean, errors)
    }
}

/// A small generator whose whole state is its seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
