/* The life of one item (see the table): a machine that says what it wants next and is told how that went. It touches the world only
   through calls on the two stores and through the source's disk, so that a simulator can stop it between any two of them; whatever it had
   reached is found again by asking, never by remembering.

     sealed      receipt read, size and both sums of the file equal it (else: failed, nothing goes)
     asked       HEAD at the destination: equal -> uploaded; another object of the name -> conflict; absent -> uploading
     fetched     a remote source only: GET into the spool file, its sums equal the receipt or the source's identity
     uploading   PUT, or parts with the upload's record (sync/upload.h); LOST and AGAIN go back to asked, never to a second blind PUT
     uploaded    HEAD says our identity
     verified    the store's own sum equals ours, or all bytes were read back and summed (never an ETag, never existence)
     receipted   the receipt stands at the destination, byte by byte as here
     marked      the mark stands beside the segment, whole or not at all after a power cut (sync/mark.h): a run that begins later sends nothing
     deletable   retention's rule holds; the destination is asked once more, segment and receipt, as for verified
     deleted     segment, receipt, mark are gone here

   A copy that turned out damaged is sent again over itself, RETRY_TRIES times, then the item has failed; the file stays. */
#ifndef TD_SYNC_JOB_H
#define TD_SYNC_JOB_H

#include "store/digest.h"
#include "store/retry.h"
#include "store/store.h"
#include "sync/item.h"

enum job_state {
    JOB_SEALED,
    JOB_ASKED,
    JOB_FETCHED,
    JOB_UPLOADING,
    JOB_UPLOADED,
    JOB_VERIFIED,
    JOB_RECEIPTED,
    JOB_MARKED,
    JOB_DELETABLE,
    JOB_DELETED,
    JOB_STATES
};
extern const char *const job_state_words[JOB_STATES];

enum job_end {
    JOB_GOES_ON,
    JOB_SENT,     /* bytes went, all is verified */
    JOB_THERE,    /* nothing but the receipt or the mark was missing, or nothing at all */
    JOB_REMOVED,  /* deleted here after being asked for again */
    JOB_KEPT,     /* asked to delete, and the destination could not prove its copy: said, kept */
    JOB_CONFLICT, /* another object has the name: neither is touched */
    JOB_BLOCKED, /* file and receipt differ, or the receipt is missing or unreadable: nothing goes */
    JOB_FAILED,  /* given up for this pass; job.result tells */
    JOB_GONE,    /* the source file vanished meanwhile (retention): no error */
    JOB_ENDS
};
extern const char *const job_end_words[JOB_ENDS];

#endif
