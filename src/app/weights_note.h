/* Weights of a model from a file (model/model.h), on their way into the journal: the core takes them between two frames, and a replay does so
   at the same place. Main thread of `record`. */
#ifndef TD_APP_WEIGHTS_NOTE_H
#define TD_APP_WEIGHTS_NOTE_H

#include <stddef.h>

#include "app/feature_config.h"
#include "base/os.h"

enum { WEIGHTS_TEXT_MAX = 16 << 10 };

/* Payload of the WEIGHTS frame for every instrument: the file's text behind the line that names the model. Its length; 0: the file is not
   there, cannot be read, or is for none of the models; the log says why, and nothing changes. */
size_t weights_note_read(const struct td_disk *disk, const char *path,
                         const struct feature_config *features, char out[WEIGHTS_TEXT_MAX]);

#endif
