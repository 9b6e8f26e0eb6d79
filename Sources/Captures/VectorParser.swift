import AlarmModel

extension VectorFile {
    /// Reads a vector file.
    ///
    /// - Parameter file: its name, for the problems.
    /// - Throws: every mistake in it, with line and column.
    public init(parsing source: [UInt8], file: String) throws(VectorProblems) {
        var parser = VectorParser(file: file)
        for line in source.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            parser.read(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
        }
        self = try parser.finish()
    }
}

extension VectorLine {
    /// The problem that `error` is in a file. Columns count characters, not bytes.
    func problem(_ error: VectorLineError, file: String, line: Int) -> VectorProblem {
        let before = bytes.prefix(error.offset)
        let column = 1 + before.count { $0 & 0xC0 != 0x80 }
        return VectorProblem(file: file, line: line, column: column, message: error.message)
    }
}

/// Builds a file line by line, and notes what is wrong instead of stopping at it.
private struct VectorParser {
    let file: String
    private var number = 0
    private var line = VectorLine([])
    private var protocolID: ProtocolID?
    private var origin: VectorFile.Origin?
    private var options: [VectorFile.Option] = []
    private var cases: [VectorCase] = []
    private var problems: [VectorProblem] = []

    init(file: String) { self.file = file }

    mutating func read(_ bytes: ArraySlice<UInt8>) {
        number += 1
        line = VectorLine(Array(bytes))
        guard String(validating: bytes, as: UTF8.self) != nil else {
            return note(VectorLineError(offset: 0, message: "the line is not UTF-8"))
        }
        guard !line.isAtEnd() else { return }
        let start = line.offset
        let word = line.word()
        do throws(VectorLineError) {
            switch word {
            case "protocol", "option", "origin": try readHead(word, start: start)
            case "case": try readCase(start: start)
            case "rx", "event", "reply", "skip", "pending": try readStep(word, start: start)
            default:
                throw VectorLineError(
                    offset: start,
                    message: "\"\(word)\" begins no line; there are protocol, option, origin, "
                        + "case, rx, event, reply, skip and pending")
            }
        } catch {
            note(error)
        }
    }

    mutating func finish() throws(VectorProblems) -> VectorFile {
        line = VectorLine([])
        let start = VectorLineError(offset: 0, message: "")
        if protocolID == nil { note(start, "no line says the protocol: protocol jt808") }
        if origin == nil { note(start, "no line says the origin: origin spec §1.5") }
        if cases.isEmpty { note(start, "no case; a vector file without one tests nothing") }
        checkLastCase()
        guard let protocolID, let origin, problems.isEmpty else {
            throw VectorProblems(problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
        }
        return VectorFile(protocolID: protocolID, options: options, origin: origin, cases: cases)
    }

    private mutating func note(_ error: VectorLineError, _ message: String? = nil) {
        var problem = line.problem(error, file: file, line: number)
        if let message { problem.message = message }
        problems.append(problem)
    }

    private mutating func readHead(_ word: String, start: Int) throws(VectorLineError) {
        guard cases.isEmpty else {
            throw VectorLineError(
                offset: start, message: "\(word) belongs before the first case")
        }
        switch word {
        case "protocol":
            guard protocolID == nil else {
                throw VectorLineError(offset: start, message: "protocol is given twice")
            }
            protocolID = ProtocolID(rawValue: try wordNeeded("the id of a protocol: jt808"))
            try end()
        case "origin":
            guard origin == nil else {
                throw VectorLineError(offset: start, message: "origin is given twice")
            }
            try readOrigin()
        default: try readOptions()
        }
    }

    private mutating func readOrigin() throws(VectorLineError) {
        _ = line.isAtEnd()
        let start = line.offset
        guard let kind = VectorFile.Origin.Kind(rawValue: line.word()) else {
            throw VectorLineError(
                offset: start, message: "an origin is spec, device or synthetic, then which")
        }
        origin = VectorFile.Origin(kind: kind, text: line.freeText())
    }

    private mutating func readOptions() throws(VectorLineError) {
        repeat {
            _ = line.isAtEnd()
            let start = line.offset
            let key = line.word(upTo: UInt8(ascii: "="))
            guard !key.isEmpty, line.skip("=") else {
                throw VectorLineError(offset: start, message: "an option is key=value")
            }
            let valueStart = line.offset
            guard let value = String(validating: try line.value(), as: UTF8.self) else {
                throw VectorLineError(offset: valueStart, message: "the value is not UTF-8")
            }
            guard !options.contains(where: { $0.key == key }) else {
                throw VectorLineError(offset: start, message: "option \(key) is given twice")
            }
            options.append(VectorFile.Option(key: key, value: value))
        } while !line.isAtEnd()
    }

    private mutating func readCase(start: Int) throws(VectorLineError) {
        checkLastCase()
        let title = line.freeText()
        let isTaken = cases.contains { $0.title == title }
        // Kept even without a good title: the lines below belong to it.
        cases.append(VectorCase(title: title, line: number, steps: []))
        guard !title.isEmpty else {
            throw VectorLineError(offset: start, message: "a case needs a title: what it shows")
        }
        guard !isTaken else {
            throw VectorLineError(offset: start, message: "another case has this title")
        }
    }

    /// A case without a chunk shows nothing.
    private mutating func checkLastCase() {
        guard let last = cases.last, !last.steps.contains(where: \.action.isChunk) else { return }
        problems.append(
            VectorProblem(
                file: file, line: last.line, column: 1, message: "a case needs an rx line"))
    }

    private mutating func readStep(_ word: String, start: Int) throws(VectorLineError) {
        guard let current = cases.last else {
            throw VectorLineError(offset: start, message: "\(word) belongs behind a case line")
        }
        if case .pending = current.steps.last?.action {
            throw VectorLineError(
                offset: start, message: "pending says how a case ends; nothing follows it")
        }
        guard let action = try readAction(word) else { return }
        cases[cases.count - 1].steps.append(VectorCase.Step(line: number, action: action))
    }

    /// Nil when the mistakes are noted already.
    private mutating func readAction(_ word: String) throws(VectorLineError) -> VectorAction? {
        switch word {
        case "rx": return .receive(try readBytes())
        case "reply": return .reply(try readBytes())
        case "event":
            var errors: [VectorLineError] = []
            let draft = VectorEvent.parse(&line, errors: &errors)
            for error in errors { note(error) }
            return draft.map { .event($0) }
        case "skip":
            let reason = try wordNeeded("a reason and a number of bytes: skip badChecksum 6")
            let bytes = try readCount()
            return .skip(reason: reason, bytes: bytes)
        default: return .pending(try readCount())
        }
    }

    /// Hexadecimal and quoted text, in any mixture.
    private mutating func readBytes() throws(VectorLineError) -> [UInt8] {
        var chunk: [UInt8] = []
        _ = line.isAtEnd()
        let start = line.offset
        while !line.isAtEnd() {
            let start = line.offset
            if line.isAtQuote {
                chunk += try line.value()
                continue
            }
            do throws(HexError) {
                chunk += try bytes(hex: line.word())
            } catch {
                // Only digits stand before the mistake, so characters are bytes.
                throw VectorLineError(
                    offset: start + error.column - 1, message: error.reason.description)
            }
        }
        guard !chunk.isEmpty else {
            throw VectorLineError(
                offset: start, message: "bytes are needed here: 7e 02 00 7e, or \"text\" in quotes")
        }
        return chunk
    }

    private mutating func readCount() throws(VectorLineError) -> Int {
        _ = line.isAtEnd()
        let start = line.offset
        guard let count = fixedPoint(line.word(), decimals: 0), count >= 0 else {
            throw VectorLineError(offset: start, message: "a number of bytes is needed here")
        }
        try end()
        return Int(count)
    }

    private mutating func wordNeeded(_ what: String) throws(VectorLineError) -> String {
        _ = line.isAtEnd()
        let start = line.offset
        let word = line.word()
        guard !word.isEmpty else { throw VectorLineError(offset: start, message: what) }
        return word
    }

    private mutating func end() throws(VectorLineError) {
        guard line.isAtEnd() else {
            throw VectorLineError(offset: line.offset, message: "nothing belongs behind this")
        }
    }
}

extension VectorAction {
    fileprivate var isChunk: Bool {
        if case .receive = self { true } else { false }
    }
}
