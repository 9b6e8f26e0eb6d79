import Foundation

/// A file of the repository and what is wrong with it.
struct Finding: Equatable, CustomStringConvertible {
    var file: String
    var line: Int
    var message: String
    var description: String { "\(file):\(line): \(message)" }
}

/// The rules of the code that no compiler checks. Each takes text and gives findings, so that the
/// rules have tests of their own.
enum Rules {
    static let lineLengthMax = 100
    static let fileLengthMax = 600
    static let functionLengthMax = 70

    /// Which of our targets each may import: downwards only.
    static let imports: [String: Set<String>] = [
        "AlarmModel": ["HeapModule"],
        "WireProtocols": ["AlarmModel", "CBytes"],
        "Captures": ["AlarmModel"],
        "StationCore": ["AlarmModel", "WireProtocols", "Captures", "DequeModule"],
        "EventJSON": ["AlarmModel"],
        "Simulation": ["AlarmModel", "WireProtocols", "Captures", "StationCore", "DequeModule"],
        "StationLedger": [
            "AlarmModel", "GRDB", "GRDBSQLite", "Foundation", "Glibc", "Synchronization", "Crypto",
        ],
        "LinuxPorts": ["AlarmModel", "CLinux", "CLibudev", "Glibc", "Synchronization"],
        "OperatorDesk": [
            "AlarmModel", "EventJSON", "StationLedger", "DequeModule", "FoundationEssentials",
            // For what the essentials do not have elsewhere.
            "Foundation", "Glibc", "HTTPTypes", "Hummingbird", "HummingbirdCore", "Logging",
            "NIOCore", "NIOHTTP1", "NIOPosix", "ServiceLifecycle", "Synchronization",
        ],
        "StationDaemon": [
            "AlarmModel", "WireProtocols", "Captures", "StationCore", "StationLedger",
            "LinuxPorts", "OperatorDesk", "CLibsystemd", "Foundation", "Glibc", "Logging",
            "Synchronization", "Yams",
        ],
        "tocsind": ["AlarmModel", "StationDaemon", "ArgumentParser", "Foundation"],
        "tocsin": [
            "AlarmModel", "WireProtocols", "Captures", "StationCore", "EventJSON", "StationLedger",
            "LinuxPorts", "OperatorDesk", "StationDaemon", "Simulation", "CLinux",
            "ArgumentParser", "Foundation", "Synchronization",
        ],
    ]

    /// Files that need more than their target may: each with the one thing that it is for.
    static let importsOfFiles: [String: Set<String>] = [
        // AES of a library, and its bytes as Data.
        "DC09+Cipher.swift": ["Crypto", "CryptoExtras", "FoundationEssentials"],
        // The lock of the spare memory that all rings share.
        "RingMemory.swift": ["Synchronization"],
    ]

    /// What a pure target never does: it has no clock, no file, no output, no chance of its own.
    static let bannedInPureTargets = [
        " print(", "SystemRandomNumberGenerator", "Date(", "ContinuousClock", "fatalError(",
        ".random(in:", "Task.sleep",
    ]
    static let pureTargets = [
        "AlarmModel", "WireProtocols", "Captures", "StationCore", "EventJSON",
    ]

    /// Bounds that no test names yet. None may be added: a new one comes with a test that reaches
    /// it, and one that has got its test leaves the list.
    static let boundsWithoutTest: Set<String> = [
        "ringBytes", "captureRingBytes", "connectionCaptureBytes",
        "connectionsPerListenerMax", "spareRingsMax", "captureBlockBytesMax",
        "captureInterfacesMax", "pendingEventsMax", "repeatsMax", "devicesPerAnswerMax",
        "recoveredEventsMax", "ongoingAlertsMax", "recentAlertsMax", "ledgerLook",
        "ledgerBusyWait", "ledgerReadersMax", "ledgerCheckBytesMax", "ledgerDaysMin",
        "ledgerGrowthMin", "ledgerPaceSpan", "itemsPerWriteMax", "streamKeepAlive",
        "streamRetry", "aliveSecondsMax", "eventsPerPageMax", "listenRetry",
        "listenRetryMax", "deskGrace", "requestHeaderBytesMax", "deskNameMax",
        "orderNoteBytesMax", "ordersAtOnceMax", "pressesPerSecondMax", "stormsMax",
        "stormRowsMax", "pacesMax", "floodTold", "orderAnswerMax", "alertsPerAnswerMax",
        "answerBytesMax", "watchRetryMax", "watchReminder", "loopInboxMax",
        "journalFlushMax", "serviceManagerFlushMax", "connectRetryMax", "connectPatience",
        "serialServerPatience", "strangersPerAddressMax", "replacementsTriedMax",
        "halfOpenPatience", "deviceRescan", "udevPatience", "hidReportBytesMax",
        "fifoCheck", "errandsMax", "acceptsPerTurnMax", "udevMessagesPerTurnMax",
        "terminalSearchMax", "holderSearchFilesMax", "sniffSettling", "sniffRest",
        "sniffPatience", "sniffCheckedBytes", "sniffGrammarBytes", "sniffVainBursts",
        "sniffSmallBursts", "sniffUnderstoodBursts", "sniffCheckIns",
        "sniffUnexplainedBytes", "sniffErrors", "sniffCutErrors", "sniffKeptBytes",
        "sniffReadBytes", "sniffSilence", "sniffAnswer", "sniffEvidenceMax",
        "listenAddressesMax", "portOptionsMax", "configurationValueBytesMax",
        "repeatedKeysMax",
    ]

    /// Names that are declared in `limits` and stand in none of `tests`.
    static func untested(_ limits: String, in tests: [String]) -> Set<String> {
        let names = limits.split(separator: "\n").compactMap { line -> String? in
            guard let declared = line.split(separator: "static let ").last, declared != line
            else { return nil }
            return String(declared.prefix { $0.isLetter || $0.isNumber })
        }
        let used = Set(
            tests.flatMap { $0.split { !$0.isLetter && !$0.isNumber && $0 != "." } }
                .flatMap { $0.split(separator: ".", omittingEmptySubsequences: false).dropFirst() }
                .map(String.init))
        return Set(names).subtracting(used)
    }

    static func lengths(_ text: String, file: String) -> [Finding] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var findings: [Finding] = []
        if lines.count > fileLengthMax + 1 {
            findings.append(
                Finding(
                    file: file, line: lines.count, message: "longer than \(fileLengthMax) lines"))
        }
        for (index, line) in lines.enumerated() where line.count > lineLengthMax {
            findings.append(
                Finding(
                    file: file, line: index + 1,
                    message: "longer than \(lineLengthMax) columns"))
        }
        return findings + functionLengths(lines, file: file)
    }

    /// A function begins with a line that has `func ` or `init` and opens a brace, and ends with
    /// the closing brace at the same indentation: what the formatter guarantees.
    private static func functionLengths(_ lines: [Substring], file: String) -> [Finding] {
        var findings: [Finding] = []
        var open: [(indent: Int, line: Int)] = []
        for (index, line) in lines.enumerated() {
            let indent = line.prefix { $0 == " " }.count
            let body = line.dropFirst(indent)
            if let last = open.last, body.hasPrefix("}"), indent == last.indent {
                open.removeLast()
                if index - last.line + 1 > functionLengthMax {
                    findings.append(
                        Finding(
                            file: file, line: last.line + 1,
                            message: "a function of more than \(functionLengthMax) lines"))
                }
            }
            let isFunction = body.contains("func ") || body.contains("init(")
            if isFunction, body.hasSuffix("{") || body.hasSuffix("(") {
                open.append((indent, index))
            }
        }
        return findings
    }

    static func importsDownwards(_ text: String, target: String, file: String) -> [Finding] {
        guard var allowed = imports[target] else {
            return [Finding(file: file, line: 1, message: "nobody says what \(target) may import")]
        }
        for (name, more) in importsOfFiles where file.hasSuffix("/" + name) {
            allowed.formUnion(more)
        }
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .compactMap { index, line in
                let words = line.split(separator: " ")
                guard let keyword = words.firstIndex(of: "import"), keyword <= 1,
                    keyword + 1 < words.count, words[0].first != "/"
                else { return nil }
                let name = String(words[keyword + 1])
                guard !allowed.contains(name) else { return nil }
                return Finding(
                    file: file, line: index + 1, message: "\(target) may not import \(name)")
            }
    }

    static func bannedCalls(_ text: String, target: String, file: String) -> [Finding] {
        guard pureTargets.contains(target) else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .flatMap { index, line in
                let code = line.split(
                    separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
                return bannedInPureTargets.filter { code.contains($0) }.map {
                    Finding(
                        file: file, line: index + 1, message: "\($0) has no place in \(target)")
                }
            }
    }

    /// The cases of an enum, by the lines between its head and the brace at the same indentation.
    static func cases(of name: String, in texts: [String]) -> [String] {
        texts.flatMap { text in
            let lines = text.split(separator: "\n")
            guard let head = lines.firstIndex(where: { $0.contains("enum \(name): ") }) else {
                return [String]()
            }
            let indent = lines[head].prefix { $0 == " " }
            return lines[head...].dropFirst().prefix { $0 != indent + "}" }.compactMap { line in
                let words = line.split { $0 == " " || $0 == "(" }
                return words.first == "case" ? words.dropFirst().first.map(String.init) : nil
            }
        }
    }

    /// Where a pattern names one of the cases.
    static func matches(_ cases: [String], in text: String, file: String) -> [Finding] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .flatMap { index, line in
                let words = line.split { !$0.isLetter && $0 != "." }
                guard words.contains("case") else { return [Finding]() }
                return cases.filter { words.contains(".\($0)") }.map {
                    Finding(file: file, line: index + 1, message: "tells \($0) apart")
                }
            }
    }

    /// Work that somebody meant to do later is an issue, not a comment.
    static func leftovers(_ text: String, file: String) -> [Finding] {
        let marks = ["TO" + "DO", "FIX" + "ME", "X" + "XX:", "not imple" + "mented"]
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .flatMap { index, line in
                marks.filter { line.contains($0) }.map {
                    Finding(file: file, line: index + 1, message: "\($0) left behind")
                }
            }
    }
}
