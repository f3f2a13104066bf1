/* enip_tags.h - from a path to the elements of a tag, and their bytes as CIP has them; not for others. */
#ifndef MR_PROTO_ENIP_TAGS_H
#define MR_PROTO_ENIP_TAGS_H

#include "proto/enip/enip_device.h"

#define MR_ENIP_STRUCTURE_MAX  2048 /* bytes of one structure */
#define MR_ENIP_DEFINITION_MAX 4096 /* bytes of a structure's definition, as templates tell it */
size_t mr_enip_definition_bytes(const struct mr_enip_template *t);

/* Elements that a path names: of a tag, of a member of one of its elements, or a bit of an integer. */
struct mr_enip_ref {
    const struct mr_enip_tag *tag;
    uint32_t index;                           /* of the tag */
    uint32_t element;                         /* of the tag, the first that is meant */
    bool part;                                /* not whole elements of the tag */
    const struct mr_enip_template *structure; /* that elements are of; NULL: elementary */
    const struct mr_enip_template *text;      /* elements are in the member at `inside` of a string */
    uint16_t inside;
    const struct mr_place *places; /* of the first element */
    uint32_t step;                 /* places of one; 0: all lie one after the other in the image from the first on */
    uint32_t at;                   /* and then the first */
    uint32_t dims[3];              /* that may still be indexed */
    uint32_t count;                /* from the first to the end */
    uint32_t bools;                /* as a tag has it */
    uint16_t type;                 /* of one: MR_CIP_STRUCTURE, or elementary */
    uint16_t whole;                /* type of the integer that `bit` is one of */
    uint16_t bytes;                /* of one */
    int8_t bit;                    /* of an integer, or -1 */
};
/* MR_CIP_OK, MR_CIP_PATH_SEGMENT (a name or form that is unknown) or MR_CIP_PATH_UNKNOWN (an instance, index or bit that is). */
enum mr_cip_status mr_enip_resolve(const struct mr_enip_device *d, struct mr_slice path, struct mr_enip_ref *ref);
/* A whole tag. */
struct mr_enip_ref mr_enip_whole(const struct mr_enip_device *d, uint32_t tag);
/* `n` bytes from byte `from` of the elements on, which are there. */
void mr_enip_read(const struct mr_enip_device *d, const struct mr_enip_ref *ref, uint32_t from, uint8_t *out, size_t n);
void mr_enip_write(const struct mr_enip_device *d, const struct mr_enip_ref *ref, uint32_t from, const uint8_t *in, size_t n);

#endif
