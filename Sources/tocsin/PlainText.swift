/// What a device or a person wrote, as a terminal may show it: nothing in it moves the cursor,
/// clears the screen, begins a line of its own or turns the direction of writing.
func plain(_ text: String) -> String {
    var plain = ""
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
            plain += "\\u{\(String(scalar.value, radix: 16))}"
        default: plain.unicodeScalars.append(scalar)
        }
    }
    return plain
}
