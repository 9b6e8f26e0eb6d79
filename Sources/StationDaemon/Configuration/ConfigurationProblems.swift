/// All mistakes of one configuration file, in the order of the file.
public struct ConfigurationProblems: Error, Equatable, CustomStringConvertible {
    /// One mistake: where it is, what is wrong, and what would be right.
    public struct Problem: Equatable, Sendable, CustomStringConvertible {
        public var file: String
        /// 1 for the first.
        public var line: Int
        /// In Unicode scalars, 1 for the first.
        public var column: Int
        public var message: String
        public var remedy: String

        public init(file: String, line: Int, column: Int, message: String, remedy: String) {
            self.file = file
            self.line = line
            self.column = column
            self.message = message
            self.remedy = remedy
        }

        /// `tocsin.yaml:12:9: what is wrong; what would be right`
        public var description: String { "\(file):\(line):\(column): \(message); \(remedy)" }
    }

    /// At least one, at most ``AlarmModel/Limits/configurationProblemsMax``.
    public var problems: [Problem]

    public init(_ problems: [Problem]) { self.problems = problems }

    /// One problem a line.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
