// SHA256_CTX is wanted for its open state: a file's digest goes on where the last backup stopped.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

// The rest is declared here as OpenSSL 3 declares it: its own headers bring <time.h> and <stdio.h> with them, whose types Swift
// then takes for this module's, or for Glibc's, depending on which it happens to read first.

typedef struct bio_st BIO;
typedef struct bio_method_st BIO_METHOD;
typedef struct x509_st X509;
typedef struct X509_name_st X509_NAME;
typedef struct asn1_string_st ASN1_STRING;
typedef struct GENERAL_NAME_st GENERAL_NAME;
typedef struct stack_st_GENERAL_NAME GENERAL_NAMES;
typedef struct stack_st OPENSSL_STACK;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;
typedef struct evp_md_st EVP_MD;
typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_cipher_st EVP_CIPHER;
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
typedef struct engine_st ENGINE;

// <openssl/crypto.h>, <openssl/err.h>
void OPENSSL_cleanse(void *bytes, size_t count);
unsigned long ERR_peek_last_error(void);
void ERR_clear_error(void);
enum { AKIBA_ERR_LIB_PEM = 9, AKIBA_PEM_R_NO_START_LINE = 108 };
static inline int akiba_error_library(unsigned long code) { return code & 1UL << 31 ? 2 : (int)(code >> 23 & 0xff); }
static inline int akiba_error_reason(unsigned long code) { return (int)(code & 0x7fffff); }

// <openssl/bio.h>
BIO *BIO_new_mem_buf(const void *bytes, int count);
const BIO_METHOD *BIO_s_mem(void);
BIO *BIO_new(const BIO_METHOD *method);
int BIO_read(BIO *bio, void *bytes, int count);
size_t BIO_ctrl_pending(BIO *bio);
int BIO_free(BIO *bio);

// <openssl/pem.h>
typedef int pem_password_cb(char *buffer, int size, int isWriting, void *context);
X509 *PEM_read_bio_X509(BIO *bio, X509 **reused, pem_password_cb *callback, void *context);
X509 *PEM_read_bio_X509_AUX(BIO *bio, X509 **reused, pem_password_cb *callback, void *context);
EVP_PKEY *PEM_read_bio_PrivateKey(BIO *bio, EVP_PKEY **reused, pem_password_cb *callback, void *context);

// <openssl/x509.h>, <openssl/x509v3.h>
void X509_free(X509 *certificate);
X509_NAME *X509_get_subject_name(const X509 *certificate);
X509_NAME *X509_get_issuer_name(const X509 *certificate);
const ASN1_STRING *X509_get0_notBefore(const X509 *certificate);
const ASN1_STRING *X509_get0_notAfter(const X509 *certificate);
EVP_PKEY *X509_get0_pubkey(const X509 *certificate);
int X509_self_signed(X509 *certificate, int verifySignature);
int X509_check_private_key(const X509 *certificate, const EVP_PKEY *key);
int X509_digest(const X509 *certificate, const EVP_MD *kind, unsigned char *digest, unsigned int *count);
int X509_NAME_print_ex(BIO *bio, const X509_NAME *name, int indent, unsigned long flags);
void *X509_get_ext_d2i(const X509 *certificate, int nid, int *isCritical, int *index);
void *GENERAL_NAME_get0_value(const GENERAL_NAME *name, int *type);
void GENERAL_NAMES_free(GENERAL_NAMES *names);
int OPENSSL_sk_num(const OPENSSL_STACK *stack);
void *OPENSSL_sk_value(const OPENSSL_STACK *stack, int index);
// XN_FLAG_RFC2253 without ASN1_STRFLGS_ESC_MSB: letters beyond ASCII stay as they are, in UTF-8.
enum { AKIBA_NAME_FLAGS = 0x1110317 & ~4 };

static inline GENERAL_NAMES *akiba_alternative_names(const X509 *certificate) {
  return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, 85, 0, 0);
}
static inline int akiba_name_count(const GENERAL_NAMES *names) { return OPENSSL_sk_num((const OPENSSL_STACK *)names); }
// Null for a name of another kind than DNS; it belongs to `names`.
static inline const ASN1_STRING *akiba_dns_name(const GENERAL_NAMES *names, int index) {
  int type = 0;
  const void *value = GENERAL_NAME_get0_value((const GENERAL_NAME *)OPENSSL_sk_value((const OPENSSL_STACK *)names, index), &type);
  return type == 2 ? (const ASN1_STRING *)value : 0;
}

// <openssl/asn1.h>
const unsigned char *ASN1_STRING_get0_data(const ASN1_STRING *string);
int ASN1_STRING_length(const ASN1_STRING *string);
ASN1_STRING *ASN1_TIME_set(ASN1_STRING *reused, long seconds);
int ASN1_TIME_diff(int *days, int *seconds, const ASN1_STRING *from, const ASN1_STRING *to);
void ASN1_STRING_free(ASN1_STRING *string);

// <openssl/evp.h>
void EVP_PKEY_free(EVP_PKEY *key);
int EVP_PKEY_get_bits(const EVP_PKEY *key);
const char *EVP_PKEY_get0_type_name(const EVP_PKEY *key);
const EVP_MD *EVP_sha256(void);
EVP_MD_CTX *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(EVP_MD_CTX *context);
int EVP_DigestSignInit(EVP_MD_CTX *context, EVP_PKEY_CTX **keyContext, const EVP_MD *kind, ENGINE *engine, EVP_PKEY *key);
int EVP_DigestSign(EVP_MD_CTX *context, unsigned char *signature, size_t *signatureCount, const unsigned char *bytes, size_t count);
int EVP_DigestVerifyInit(EVP_MD_CTX *context, EVP_PKEY_CTX **keyContext, const EVP_MD *kind, ENGINE *engine, EVP_PKEY *key);
int EVP_DigestVerify(EVP_MD_CTX *context, const unsigned char *signature, size_t signatureCount, const unsigned char *bytes, size_t count);
EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void);
void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *context);
const EVP_CIPHER *EVP_aes_256_cbc(void);
const EVP_CIPHER *EVP_aes_256_ctr(void);
int EVP_CipherInit_ex(
    EVP_CIPHER_CTX *context, const EVP_CIPHER *kind, ENGINE *engine, const unsigned char *key, const unsigned char *iv, int isEncrypting);
int EVP_CipherUpdate(EVP_CIPHER_CTX *context, unsigned char *output, int *outputCount, const unsigned char *input, int count);
int EVP_CipherFinal_ex(EVP_CIPHER_CTX *context, unsigned char *output, int *outputCount);
