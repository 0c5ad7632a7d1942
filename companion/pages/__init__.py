"""What stands around the chapters: errata, glossary, start page, versions, and tokens taken apart."""
