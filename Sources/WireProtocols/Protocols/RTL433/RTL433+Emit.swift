import AlarmModel

extension RTL433 {
    /// Writes the line with every member that is read, each as a string.
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        bytes.append(ascii: "{")
        append(modelName, message.model, to: &bytes)
        if !message.id.isEmpty {
            bytes.append(ascii: ", ")
            append(idName, message.id, to: &bytes)
        }
        for index in 0..<message.fields.count {
            bytes.append(ascii: ", ")
            append(message.fields.key(at: index).name, message.fields.value(at: index), to: &bytes)
        }
        bytes.append(ascii: "}\n")
    }

    private static func append(_ name: ShortText, _ value: ShortText, to bytes: inout [UInt8]) {
        bytes.append(ascii: "\"")
        bytes.append(name)
        bytes.append(ascii: "\" : \"")
        for index in 0..<value.count {
            let byte = value[index]
            if byte < 0x20 {
                bytes.append(ascii: "\\u" + "00" + hexText([byte]))
            } else {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    bytes.append(ascii: "\\")
                }
                bytes.append(byte)
            }
        }
        bytes.append(ascii: "\"")
    }
}
