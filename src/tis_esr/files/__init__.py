"""Where files come from and go to: a folder; later S3 and SFTP."""
