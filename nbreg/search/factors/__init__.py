"""What a study varies, one factor a file; any other option of a fit is one too."""
