/* The document of an answer: a list, parts, an upload's id, an error. Part of store/answer.c, in a file of its own. */
#ifndef TD_STORE_ANSWER_XML_H
#define TD_STORE_ANSWER_XML_H

#include "store/answer.h"

/* No memory is said by xml_err, as is anything else. */
void answer_xml_begin(struct answer *answer);
void answer_xml_take(struct answer *answer, const void *data, size_t bytes);
/* Whether all of it came: xml_err. Frees the reader; nothing where there was none. */
void answer_xml_end(struct answer *answer);

#endif
