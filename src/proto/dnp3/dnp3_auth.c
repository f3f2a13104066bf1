#include "proto/dnp3/dnp3_auth.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/nist-keywrap.h>

static const struct mr_field user_fields[] = {
    MR_FIELD(struct mr_dnp3_user, number, MR_U16),
    MR_FIELD(struct mr_dnp3_user, key_bytes, MR_U8),
    MR_ARRAY(struct mr_dnp3_user, key, MR_U8),
};
const struct mr_type mr_dnp3_user_type = MR_TYPE("dnp3_user", struct mr_dnp3_user, user_fields);

static const struct mr_field keys_fields[] = {
    MR_FIELD(struct mr_dnp3_keys, user, MR_U16),
    MR_FIELD(struct mr_dnp3_keys, status, MR_U8),
    MR_FIELD(struct mr_dnp3_keys, key_bytes, MR_U8),
    MR_FIELD(struct mr_dnp3_keys, sequence, MR_U32),
    MR_FIELD(struct mr_dnp3_keys, uses, MR_U32),
    MR_FIELD(struct mr_dnp3_keys, until, MR_I64),
    MR_ARRAY(struct mr_dnp3_keys, control, MR_U8),
    MR_ARRAY(struct mr_dnp3_keys, monitor, MR_U8),
    MR_ARRAY(struct mr_dnp3_keys, mac, MR_U8),
    MR_FIELD(struct mr_dnp3_keys, nstatus, MR_U32),
    MR_VARIABLE(struct mr_dnp3_keys, last_status, MR_U8, nstatus),
};
const struct mr_type mr_dnp3_keys_type = MR_TYPE("dnp3_keys", struct mr_dnp3_keys, keys_fields);

static const struct mr_field auth_fields[] = {
    MR_FIELD(struct mr_dnp3_auth, csq, MR_U32),
    MR_FIELD(struct mr_dnp3_auth, until, MR_I64),
    MR_FIELD(struct mr_dnp3_auth, nchallenge, MR_U32),
    MR_VARIABLE(struct mr_dnp3_auth, challenge, MR_U8, nchallenge),
    MR_SUBS(struct mr_dnp3_auth, keys, &mr_dnp3_keys_type),
};
const struct mr_type mr_dnp3_auth_type = MR_TYPE("dnp3_auth", struct mr_dnp3_auth, auth_fields);

void mr_dnp3_mac(uint8_t *out, size_t n, struct mr_slice key, struct mr_slice a, struct mr_slice b)
{
    struct hmac_sha256_ctx ctx;
    hmac_sha256_set_key(&ctx, key.n, key.p);
    hmac_sha256_update(&ctx, a.n, a.p);
    hmac_sha256_update(&ctx, b.n, b.p);
    hmac_sha256_digest(&ctx, n, out);
}

bool mr_dnp3_mac_equal(struct mr_slice a, struct mr_slice b)
{
    return a.n == b.n && a.n > 0 && memeql_sec(a.p, b.p, a.n);
}

/* The initial value of RFC 3394, 2.2.3.1. */
static const uint8_t wrap_iv[8] = {0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6};

void mr_dnp3_wrap(uint8_t *out, struct mr_slice key, struct mr_slice plain)
{
    MR_ASSERT(plain.n >= 16 && plain.n % 8 == 0 && (key.n == 16 || key.n == 32));
    if (key.n == 16) {
        struct aes128_ctx ctx;
        aes128_set_encrypt_key(&ctx, key.p);
        aes128_keywrap(&ctx, wrap_iv, plain.n + 8, out, plain.p);
    } else {
        struct aes256_ctx ctx;
        aes256_set_encrypt_key(&ctx, key.p);
        aes256_keywrap(&ctx, wrap_iv, plain.n + 8, out, plain.p);
    }
}

bool mr_dnp3_unwrap(uint8_t *out, struct mr_slice key, struct mr_slice wrapped)
{
    if (wrapped.n < 24 || wrapped.n % 8 != 0) {
        return false;
    }
    if (key.n == 16) {
        struct aes128_ctx ctx;
        aes128_set_decrypt_key(&ctx, key.p);
        return aes128_keyunwrap(&ctx, wrap_iv, wrapped.n - 8, out, wrapped.p) != 0;
    }
    if (key.n == 32) {
        struct aes256_ctx ctx;
        aes256_set_decrypt_key(&ctx, key.p);
        return aes256_keyunwrap(&ctx, wrap_iv, wrapped.n - 8, out, wrapped.p) != 0;
    }
    return false;
}

void mr_dnp3_random(struct mr_rng *rng, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        uint64_t v = mr_rng_u64(rng);
        for (size_t k = i; k < i + 8 && k < n; k++, v >>= 8) {
            out[k] = (uint8_t)v;
        }
    }
}

bool mr_dnp3_key_state_read(struct mr_slice object, struct mr_dnp3_key_state *k)
{
    struct mr_reader r = mr_reader(object);
    k->sequence = mr_read_u32le(&r);
    k->user = mr_read_u16le(&r);
    k->wrap = mr_read_u8(&r);
    k->status = mr_read_u8(&r);
    k->mac_algorithm = mr_read_u8(&r);
    k->challenge = mr_read_bytes(&r, mr_read_u16le(&r));
    k->told = mr_slice(object.p, r.at);
    k->mac = mr_slice(object.p + r.at, mr_reader_left(&r));
    return !r.bad && k->challenge.n >= 4;
}

size_t mr_dnp3_free_begin(struct mr_writer *w, uint8_t group, uint8_t variation)
{
    mr_dnp3_object_write(w, &(struct mr_dnp3_object){group, variation, MR_DNP3_Q_FREE, 0, 1});
    mr_write_u16le(w, 0);
    return w->n;
}

void mr_dnp3_free_finish(struct mr_writer *w, size_t begin)
{
    mr_patch_u16le(w, begin - 2, (uint16_t)(w->n - begin));
}

bool mr_dnp3_free_read(struct mr_reader *r, struct mr_dnp3_object *o, struct mr_slice *data)
{
    if (!mr_dnp3_object_read(r, o) || o->qualifier != MR_DNP3_Q_FREE || o->count != 1) {
        return false;
    }
    *data = mr_read_bytes(r, mr_dnp3_prefix_read(r, o, 0));
    return !r->bad;
}
