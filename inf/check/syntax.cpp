// What the reader could not make sense of.
#include "inf/check/judges.h"

namespace inf {

void judge_syntax(const Document& document, Findings& findings) {
  for (const Problem& problem : document.problems) {
    const Place place = problem.place;
    switch (problem.complaint) {
      case Complaint::bad_bytes:
        findings.add(Rule::syntax_bytes, place, "bytes that are no characters");
        break;
      case Complaint::nul_character:
        findings.add(Rule::syntax_bytes, place, "a character 0, at which Windows ends a text");
        break;
      case Complaint::open_section_name:
        findings.add(Rule::syntax_section, place, "the section's name has no closing bracket");
        break;
      case Complaint::empty_section_name:
        findings.add(Rule::syntax_section, place, "the section has no name");
        break;
      case Complaint::text_after_section:
        findings.add(Rule::syntax_section, place, "text behind the section's name is ignored");
        break;
      case Complaint::text_before_section:
        findings.add(Rule::syntax_outside, place, "the line is in no section");
        break;
      case Complaint::open_quote:
        findings.add(Rule::syntax_quote, place, "the quote is not closed on its line");
        break;
      case Complaint::continued_at_end:
        findings.add(Rule::syntax_continuation, place, "nothing follows the backslash");
        break;
    }
  }
}

}  // namespace inf
